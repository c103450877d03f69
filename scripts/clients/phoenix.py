"""Phoenix' messages as its clients write and read them, V1 and V2."""

import json

LOBBY = "rooms:lobby"


class V1:
    query = ""

    @staticmethod
    def write(topic, event, payload, ref, join_ref="1"):
        return json.dumps({"topic": topic, "event": event, "payload": payload, "ref": ref})

    @staticmethod
    def read(text):
        message = json.loads(text)
        return message["topic"], message["event"], message["payload"], message["ref"]


class V2:
    query = "?vsn=2.0.0"

    @staticmethod
    def write(topic, event, payload, ref, join_ref="1"):
        return json.dumps([None if topic == "phoenix" else join_ref, ref, topic, event, payload])

    @staticmethod
    def read(text):
        _, ref, topic, event, payload = json.loads(text)
        return topic, event, payload, ref


OK = {"status": "ok", "response": {}}


def reply(topic, ref, payload):
    return (topic, "phx_reply", payload, ref)
