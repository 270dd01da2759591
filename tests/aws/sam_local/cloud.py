"""What the functions find on the emulators: what the template says of tables, queues and the wait machine."""

import json
import os
import pathlib
import re
import urllib.parse

import boto3
from samcli.yamlhelper import yaml_parse

STACK = "stepwell"
BUILT = pathlib.Path(".aws-sam/build/template.yaml")


def client(service):
    """A client of an emulator. Its address comes from the environment that tests/aws/start.sh prints."""
    return boto3.client(service)


class Cloud:
    """The resources of one stack, made on the emulators, and how containers reach them."""

    def __init__(self):
        self.template = yaml_parse(BUILT.read_text())
        self._table()
        client("s3").create_bucket(Bucket=STACK)
        self.sqs = client("sqs")
        self.queue, self.buried = (self._queue(name) for name in ("step", "buried"))
        self._wait_machine()

    def _table(self):
        described = self.template["Resources"]["Table"]["Properties"]
        kept = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
        client("dynamodb").create_table(TableName=STACK, **{name: described[name] for name in kept})

    def _queue(self, name):
        return self.sqs.create_queue(QueueName=f"{STACK}-{name}")["QueueUrl"]

    def _wait_machine(self):
        definition = pathlib.Path("infra/wait.asl.json").read_text()
        named = {
            "Partition": "aws",
            "StepQueueUrl": self.queue,
            "CallbackFunctionArn": f"arn:aws:lambda:us-east-1:000000000000:function:{STACK}-callback",
        }
        definition = re.sub(r"\$\{(\w+)\}", lambda found: named[found[1]], definition)
        role = "arn:aws:iam::000000000000:role/none"
        made = client("stepfunctions").create_state_machine(name=f"{STACK}-wait", definition=definition, roleArn=role)
        self.wait_machine = made["stateMachineArn"]

    def environment(self, machine):
        """The variables for `--env-vars`: what the template cannot know of emulators. `machine` is the name by which
        containers reach this machine."""

        def reached(address):
            parts = urllib.parse.urlsplit(address)
            return parts._replace(netloc=f"{machine}:{parts.port}").geturl()

        return {
            "AWS_ENDPOINT_URL": reached(os.environ["AWS_ENDPOINT_URL"]),
            "AWS_ENDPOINT_URL_DYNAMODB": reached(os.environ["AWS_ENDPOINT_URL_DYNAMODB"]),
            "STEPWELL_OWNER": "acme",
            "STEPWELL_TABLE": STACK,
            "STEPWELL_BUCKET": STACK,
            "STEPWELL_QUEUE_URL": self.queue,
            "STEPWELL_BURIED_QUEUE_URL": self.buried,
            "STEPWELL_WAIT_MACHINE_ARN": self.wait_machine,
        }

    def batch(self):
        """The messages of the step queue as the function `step` gets them, and what removes them."""
        found = self.sqs.receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=1, AttributeNames=["All"]
        ).get("Messages", [])
        return [
            {
                "messageId": one["MessageId"],
                "receiptHandle": one["ReceiptHandle"],
                "body": one["Body"],
                "attributes": one["Attributes"],
                "messageAttributes": {},
                "md5OfBody": one["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:stepwell-step",
                "awsRegion": "us-east-1",
            }
            for one in found
        ]

    def done(self, records):
        """Removes messages that were handled."""
        for record in records:
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=record["receiptHandle"])
