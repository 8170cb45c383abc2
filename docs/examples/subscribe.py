from natcbus.client import Subscriber

with Subscriber("hu", desk="hu.spoc") as feed:
    for delivery in feed:
        print(delivery.type, delivery.view, delivery.message_id)
        print("  because", [reason.code for reason in delivery.because])
        print("  open   ", delivery.open)
        print("  sealed ", delivery.sealed)
