import json
from pathlib import Path

from natcbus.client import Publisher, RejectedError

event = json.loads(Path("alert.json").read_text())  # `natcbus example missing_person` prints one
with Publisher("rs") as bus:
    try:
        sent = bus.publish(event)
        print(sent.message_id, sent.state, [row.desk for row in sent.decision.deliveries])
    except RejectedError as error:
        print(*error.problems, sep="\n")  # pointer, code and text for each
