#!/usr/bin/env python3
"""Stands in for a language model, a customer database and a payment service, so that the examples of agents run offline.

    python3 examples/model.py [--port 4010] [COMMAND...]

With a command it serves while that runs, and ends as it does. It listens on loopback alone and prints where. `POST /v1/chat/completions` is OpenAI's protocol: what is answered follows
from the rules below and from what was said, never from chance. `GET /customers`, `/orders`, `/search` and `/refunds` read
what the tools of the examples ask for, and `POST /refunds` pays back. Which words of a prompt lead to which answer is
written in each rule.
"""

import argparse
import json
import re
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

CUSTOMERS = {"ada@example.com": {"name": "Ada", "plan": "business", "open_invoices": 2},
             "bob@example.com": {"name": "Bob", "plan": "free", "open_invoices": 0}}
ORDERS = {"O-1": {"id": "O-1", "total": 40, "state": "damaged"}, "O-2": {"id": "O-2", "total": 250, "state": "lost"}}
PAGES = {"stepwells": "Stepwells are wells with steps, dug in India since the third century.",
         "canals": "Canals carried water over more than a hundred kilometres."}
REFUNDS = {}
# Seconds between two words of an answer in pieces, so that one sees them come.
PAUSE = 0.0


class Said:
    """What was said so far, as the rules look at it."""

    def __init__(self, request):
        self.messages = request["messages"]
        self.tools = {tool["function"]["name"] for tool in request.get("tools", [])}
        self.asked = [one["content"] or "" for one in self.messages if one["role"] == "user"]
        last = max((at for at, one in enumerate(self.messages) if one["role"] == "user"), default=0)
        names = {call["id"]: call["function"]["name"] for one in self.messages for call in one.get("tool_calls") or []}
        # What the tools gave since the last question, by their names; several results of one tool in their order.
        self.results = {}
        for one in self.messages[last:]:
            if one["role"] == "tool":
                self.results.setdefault(names[one["tool_call_id"]], []).append(one["content"])

    def body(self, tool):
        """The body that an `http_request` gave as the last result of a tool; the text where it gave none."""
        text = self.results[tool][-1]
        if text.startswith("A person changed the arguments"):  # One line above the result says so.
            text = text.partition("\n")[2]
        try:
            return json.loads(text)["body"]
        except (ValueError, KeyError, TypeError):
            return text


def triage(said):
    """Looks up whoever wrote, by an address in this or an earlier message of the conversation, and sorts by words."""
    address = next((found[0] for text in reversed(said.asked) if (found := re.findall(r"\S+@\S+\w", text))), None)
    if address is None:
        return json.dumps({"department": "general", "reply": "Which e-mail address is your account under?"})
    if "find_customer" not in said.results:
        return [("find_customer", {"email": address})]
    customer = said.body("find_customer")
    if not isinstance(customer, dict) or "name" not in customer:
        return json.dumps({"department": "general", "reply": f"There is no account under {address}."})
    department = "billing" if re.search("charge|invoice|paid", said.asked[-1].lower()) else "technical"
    return json.dumps({"department": department, "reply": f"Hello {customer['name']}, {department} looks at it."})


def refund(said):
    """Looks the order up, asks for the refund of its total, and tells what came of it."""
    order_id = next(iter(re.findall(r"O-\d+", said.asked[-1])), None)
    if order_id is None:
        return "Which order is it about? Its number begins with O-."
    if "find_order" not in said.results:
        return [("find_order", {"order_id": order_id})]
    order = said.body("find_order")
    if not isinstance(order, dict) or "id" not in order:
        return f"There is no order {order_id}, so nothing is paid back."
    if "refund" not in said.results:
        call = ("refund", {"order_id": order["id"], "amount": order["total"]})
        return f"The order {order['id']} is {order['state']}, so its price goes back.", [call]
    paid = said.body("refund")
    if isinstance(paid, dict):
        return f"{paid['amount']} was paid back for order {paid['order_id']}."
    return f"Nothing was paid back. {paid}"


def lead(said):
    """Gives the parts of a question that are joined by `and` to the researcher, all at once, and joins the answers."""
    if "researcher" not in said.results:
        return [("researcher", {"topic": topic.strip(" ?.")}) for topic in said.asked[-1].split(" and ")]
    return " ".join(said.results["researcher"])


def research(said):
    """Searches, and answers with what was found."""
    if "search" not in said.results:
        return [("search", {"words": said.asked[-1]})]
    page = said.body("search")
    return page["found"] if isinstance(page, dict) else f"Nothing was found. {page}"


def assist(said):
    """Speaks of the order that was named last, and pays it back where that is asked for."""
    order_id = next((found[-1] for text in reversed(said.asked) if (found := re.findall(r"O-\d+", text))), None)
    if order_id is None:
        return "Which order is it about? Its number begins with O-."
    if "order_state" not in said.results:
        return [("order_state", {"order_id": order_id})]
    order = said.body("order_state")
    if not isinstance(order, dict) or "id" not in order:
        return f"There is no order {order_id}."
    if not re.search("refund|back", said.asked[-1].lower()):
        return f"Order {order_id} is {order['state']}. It cost {order['total']}."
    if "pay_back" not in said.results:
        call = ("pay_back", {"order_id": order_id, "amount": order["total"]})
        return f"I ask for {order['total']} to be paid back.", [call]
    paid = said.body("pay_back")
    return f"{paid['amount']} was paid back." if isinstance(paid, dict) else f"Nothing was paid back. {paid}"


def answer(request):
    """The answer to a request: the rule is that of the tools which the model is offered."""
    said = Said(request)
    rules = {"order_state": assist, "find_customer": triage, "refund": refund, "researcher": lead, "search": research}
    rule = next((rule for tool, rule in rules.items() if tool in said.tools), None)
    given = rule(said) if rule else f"You said: {said.asked[-1]}"
    text, calls = given if isinstance(given, tuple) else ("", given) if isinstance(given, list) else (given, [])
    named = [{"id": f"call_{len(said.messages)}_{at}", "type": "function",
              "function": {"name": name, "arguments": json.dumps(arguments)}} for at, (name, arguments) in enumerate(calls)]
    message = {"role": "assistant", "content": text or None, **({"tool_calls": named} if named else {})}
    used = {"prompt_tokens": len(json.dumps(request)) // 4, "completion_tokens": len(json.dumps(message)) // 4}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if named else "stop"}
    return {"object": "chat.completion", "model": request.get("model"), "choices": [choice], "usage": used}


class Handler(BaseHTTPRequestHandler):
    """The routes."""

    def do_GET(self):
        url = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        found = {"/customers": lambda: CUSTOMERS.get(asked.get("email"), {"error": "no such customer"}),
                 "/orders": lambda: ORDERS.get(asked.get("id"), {"error": "no such order"}),
                 "/search": lambda: {"found": next((text for word, text in PAGES.items()
                                                    if word in asked.get("q", "").lower()), "Nothing was found.")},
                 "/refunds": lambda: list(REFUNDS.values())}.get(url.path)
        self.say(200, found()) if found else self.say(404, {"error": "no such page"})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or "{}")
        if self.path == "/v1/chat/completions":
            return self.stream(answer(body)) if body.get("stream") else self.say(200, answer(body))
        if self.path == "/refunds":
            # A payment service pays once for each key, however often it is asked.
            return self.say(200, REFUNDS.setdefault(self.headers.get("idempotency-key"), body))
        return self.say(404, {"error": "no such page"})

    def stream(self, whole):
        """The same answer in pieces, as server-sent events: word by word."""
        choice = whole["choices"][0]
        words = re.findall(r"\S+\s*", choice["message"]["content"] or "")
        calls = [{**call, "index": at} for at, call in enumerate(choice["message"].get("tool_calls", []))]
        pieces = [{"content": word} for word in words] + [{"tool_calls": [call]} for call in calls]
        events = [{"choices": [{"index": 0, "delta": piece}]} for piece in pieces]
        events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]})
        events.append({"choices": [], "usage": whole["usage"]})
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for event in [*map(json.dumps, events), "[DONE]"]:
            self.wfile.write(f"data: {event}\n\n".encode())
            self.wfile.flush()
            if PAUSE:
                time.sleep(PAUSE)

    def say(self, status, value):
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        """Nothing is logged: the example tells what happens."""


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--port", type=int, default=4010, help="0 for any free one")
    options.add_argument("--pause", type=float, default=0.02, help="seconds between two words of an answer in pieces")
    options.add_argument("command", nargs=argparse.REMAINDER, help="what is run meanwhile, such as `stepwell run …`")
    parsed = options.parse_args()
    PAUSE = parsed.pause
    try:
        server = ThreadingHTTPServer(("127.0.0.1", parsed.port), Handler)
    except OSError as error:
        options.exit(1, f"port {parsed.port} cannot be used ({error.strerror}): choose another with --port\n")
    if parsed.command:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            sys.exit(subprocess.call(parsed.command))
        except OSError as error:
            options.exit(127, f"{parsed.command[0]} cannot be run ({error.strerror})\n")
        except KeyboardInterrupt:
            # The command was told too, and has said what it has to say.
            sys.exit(130)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
