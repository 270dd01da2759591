"""Runs every event of events/ by `sam local invoke`, and a whole run of the example of README by `sam local start-api`.

tests/aws/sam-local.sh starts it, beside emulators and a Docker daemon: `python tests/aws/sam_local ARCHITECTURE FOLDER`.
"""

import json
import pathlib
import re
import sys
import time

from cloud import Cloud
from sam import MACHINE, Failed, Sam, ask

# The C library of Lambda's runtime provided.al2023 is 2.34; that of the image here may be a newer one.
GLIBC_MINOR = 34
EXAMPLE = json.loads(pathlib.Path("examples/expense-approval.json").read_text())
# The events of EventBridge start it. Its last node runs JavaScript, in a process of its own within the container.
LISTENING = {
    "id": "listening",
    "nodes": [
        {"id": "go", "type": "manual_trigger"},
        {"id": "on", "type": "event_trigger", "config": {"pattern": {"id": [{"exists": True}]}}},
        {"id": "note", "type": "code", "config": {"code": "return input.id"}},
    ],
    "edges": [{"from": "go", "to": "note"}, {"from": "on", "to": "note"}],
}
# What requests and the wait machine name, in whose place they get what is there. Messages of queues keep their names: what
# speaks of an execution that is gone is acknowledged.
NAMED = {"execution": "01939f0a-7c1e-7d3a-9b52-6f1f0a4c2e11", "interaction": "0f1d6a52-6d0f-5c0e-8a0b-3c1f2b7d9e44"}
# Events of one execution that leave something for the others come in this order; all others between them. A stream ends
# with its execution.
FIRST = ["rollback-http-pause", "rollback-http-resume", "callback-states-open", "callback-http-respond"]
LAST = ["rollback-http-cancel", "status-url-events", "rollback-http-delete"]


def check(is_right, what, found):
    """Raises what was found where it is not right."""
    if not is_right:
        raise Failed(f"{what}: {found}")


def binaries_fit_lambda():
    """That no program asks for a newer C library than Lambda has."""
    for program in sorted(pathlib.Path("target/lambda").glob("stepwell-*/bootstrap")):
        asked = {int(minor) for minor in re.findall(rb"GLIBC_2\.(\d+)\b", program.read_bytes())}
        check(asked and max(asked) <= GLIBC_MINOR, f"{program} asks for the C library 2.", max(asked, default="?"))


class Run:
    """One stack, with a token of its administrator."""

    def __init__(self, cloud, sam):
        self.cloud, self.sam = cloud, sam
        said = sam.invoke("TriggerFunction", pathlib.Path("events/trigger-direct-token.json"))
        check('"token"' in said, "the first token", said)
        self.token = json.loads(said)["token"]

    def ok(self, method, path, body=None):
        """The answer to a request, which must be a success."""
        status, answer = ask(method, self.api + path, body, self.token)
        check(200 <= status < 300, f"{method} {path}", f"{status} {answer}")
        return answer

    def steps(self):
        """Hands the messages of the step queue to the function `step`, as Lambda would, until none comes."""
        while records := self.cloud.batch():
            url = f"{self.functions}/2015-03-31/functions/StepFunction/invocations"
            status, answer = ask("POST", url, {"Records": records})
            check((status, answer) == (200, {"batchItemFailures": []}), "a batch of steps", f"{status} {answer}")
            self.cloud.done(records)

    def until(self, execution, wanted):
        """Handles messages until an execution has that status."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            self.steps()
            shown = self.ok("GET", f"/v1/executions/{execution}")
            if shown["status"] == wanted:
                return shown
        raise Failed(f"{execution} is {shown['status']} and not {wanted}: {shown}")

    def asked(self):
        """An execution of the example that waits for a person."""
        start = {"input": {"payee": "Ada", "amount": 1250}}
        execution = self.ok("POST", "/v1/workflows/expense-approval/executions", start)["execution_id"]
        self.until(execution, "waiting_human")
        return execution

    def expense(self):
        """The run that README shows: save, start, answer, look."""
        self.ok("POST", "/v1/workflows", EXAMPLE)
        execution = self.asked()
        (question,) = self.ok("GET", f"/v1/interactions?execution_id={execution}&status=pending")["items"]
        check(question["question"] == "Pay 1250 to Ada?", "the question", question)
        self.ok("POST", f"/v1/interactions/{question['interaction_id']}/respond", {"approved": True})
        shown = self.until(execution, "completed")
        check(shown["output"] == {"status": "paid", "payee": "Ada", "amount": 1250}, "the output", shown)
        history = self.ok("GET", f"/v1/executions/{execution}/history")
        check(history["history"], "the history", history)

    def javascript(self):
        """A node that runs JavaScript: its process starts, sandboxed, in the container."""
        self.ok("POST", "/v1/workflows", LISTENING)
        start = {"input": {"id": 7}}
        execution = self.ok("POST", "/v1/workflows/listening/executions", start)["execution_id"]
        shown = self.until(execution, "completed")
        check(shown["output"] == 7, "the output of JavaScript", shown)

    def fill(self):
        """What the events find: the example, with a webhook, and an execution of it that waits."""
        hook = {"id": "hook", "type": "webhook_trigger", "config": {"path": "expenses", "secret": "expenses"}}
        edges = [*EXAMPLE["edges"], {"from": "hook", "to": "size"}]
        self.ok("PUT", "/v1/secrets/expenses", {"value": "webhook-secret"})
        self.ok("POST", "/v1/workflows", {**EXAMPLE, "nodes": [*EXAMPLE["nodes"], hook], "edges": edges})
        execution = self.asked()
        (question,) = self.ok("GET", f"/v1/interactions?execution_id={execution}&status=pending")["items"]
        return {"execution": execution, "interaction": question["interaction_id"]}

    def served(self):
        """What goes over `sam local start-api`, with `start-lambda` in the place of the queue's poller."""
        with self.sam.serve("start-api") as self.api, self.sam.serve("start-lambda") as self.functions:
            self.expense()
            self.javascript()
            self.found = self.fill()

    def event(self, path):
        """Invokes a function with an event, whose requests bear the token and name what is there."""
        function, source = path.stem.split("-")[:2]
        text = path.read_text().replace("Bearer TOKEN", f"Bearer {self.token}")
        for what, name in NAMED.items() if source != "sqs" else ():
            text = text.replace(name, self.found[what])
        event = self.sam.folder / path.name
        event.write_text(text)
        answer = self.sam.invoke(f"{function.capitalize()}Function", event)
        check(is_right(function, source, answer), path.name, answer)


def is_right(function, source, text):
    """Whether a function answered to an event as `every_event_is_handled_by_the_binary_of_its_function` wants it."""
    if (function, source) == ("status", "url"):
        return '"statusCode"' in text
    answer = json.loads(text)
    if "errorType" in answer:
        return False
    if (function, source) == ("step", "http"):
        # A draft. No model can be reached from here, so it goes as far as the key that is missing.
        return answer["statusCode"] == 422 and "no secret is stored under the name `OPENAI_API_KEY`" in answer["body"]
    if source in ("http", "rest"):
        return 200 <= answer["statusCode"] < 300
    if (function, source) == ("trigger", "url"):
        return answer["statusCode"] == 202
    if function == "trigger" and source in ("eventbridge", "schedule", "scheduler"):
        return answer["started"][0]["workflow_id"] == "listening"
    if function == "trigger" and source in ("states", "direct"):
        return "execution_id" in answer or "token" in answer
    if function in ("trigger", "step") and source == "sqs":
        return answer == {"batchItemFailures": []}
    return isinstance(answer, dict)


def place(path):
    """Where an event comes in the order of all."""
    first, last = (names.index(path.stem) if path.stem in names else -1 for names in (FIRST, LAST))
    return (first < 0, first, last, path.stem)


def main():
    """Runs all of it, and tells what went wrong."""
    architecture, folder = sys.argv[1:]
    binaries_fit_lambda()
    cloud = Cloud()
    run = Run(cloud, Sam(architecture, folder, cloud.environment(MACHINE)))
    since = time.monotonic()
    run.served()
    print(f"sam local start-api: an expense run and a run with JavaScript, {time.monotonic() - since:.0f} s")
    failures = []
    events = sorted(pathlib.Path("events").glob("*.json"), key=place)
    for path in events:
        since = time.monotonic()
        try:
            run.event(path)
            print(f"sam local invoke: {path.name}, {time.monotonic() - since:.1f} s", flush=True)
        except (Failed, ValueError, KeyError, TypeError) as failure:
            failures.append(path.name)
            print(f"sam local invoke: {path.name} FAILED: {failure!r}", flush=True)
    check(not failures, f"{len(failures)} of {len(events)} events", failures)


try:
    main()
except Failed as failure:
    sys.exit(f"tests/aws/sam_local: {failure}")
