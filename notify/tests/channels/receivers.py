"""Receivers of mails and webhooks on this machine, for tests.

Takes a folder with `certificate.pem` and `key.pem`. The first line on stdout has the ports by name; each further one is
a mail or a request as JSON. Ends when stdin is closed.
"""

import asyncio
import email
import email.policy
import json
import logging
import os
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.smtp import SMTP, AuthResult
from standardwebhooks import Webhook, WebhookVerificationError

# Of passwords that might be given in plain text, which they are not, and of its own future.
logging.disable()
USER, PASSWORD = "flows", "s3cret-pass word"
KEYS = {
    "host": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "own": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
}
told = threading.Lock()


def tell(**fields):
    with told:
        print(json.dumps(fields), flush=True)


class Mails:
    """Takes mails, but for some receivers."""

    def __init__(self, name):
        self.name = name

    async def handle_RCPT(self, server, session, envelope, address, options):
        user = address.split("@")[0]
        if user == "nobody":
            return "550 5.1.1 There is nobody here of that name"
        if user == "later":
            return "451 4.7.1 Come again later"
        if user == "stalled":
            await asyncio.Event().wait()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        raw = envelope.original_content
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        parts = [part for part in mail.walk() if not part.is_multipart()]
        bodies = {part.get_content_type(): part.get_content().replace("\r\n", "\n") for part in parts}
        tell(
            server=self.name,
            peer=session.peer[1],
            tls=session.ssl is not None or self.name == "tls",
            user=session.auth_data.decode() if session.authenticated else None,
            hello=session.host_name,
            sender=envelope.mail_from,
            receivers=envelope.rcpt_tos,
            headers=[[name, str(value)] for name, value in mail.items()],
            defects=[str(defect) for part in mail.walk() for defect in part.defects],
            text=bodies.get("text/plain"),
            html=bodies.get("text/html"),
            ascii=raw.isascii(),
            longest_line=max(len(line) for line in raw.split(b"\r\n")),
        )
        return "250 OK"


class Server(SMTP):
    """Tells of connections that are over."""

    def connection_lost(self, error):
        if self.session is not None and self.session.peer:
            tell(closed=self.session.peer[1])
        super().connection_lost(error)


def authenticate(server, session, envelope, mechanism, data):
    user, password = data.login.decode(), data.password.decode()
    if (user, password) == (USER, PASSWORD):
        return AuthResult(success=True, auth_data=user.encode())
    # Some servers repeat what they were given.
    return AuthResult(success=False, handled=False, message=f"535 5.7.8 {user} has another password than {password}")


async def mail_servers(folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem"))
    closed = dict(auth_required=True, authenticator=authenticate)
    kinds = {
        "plain": (dict(), None),
        "starttls": (dict(tls_context=context, require_starttls=True, **closed), None),
        "tls": (dict(auth_require_tls=False, **closed), context),
        # It closes a connection on which nothing happens for a moment.
        "hasty": (dict(timeout=0.2), None),
    }
    loop, ports = asyncio.get_running_loop(), {}
    for name, (options, around) in kinds.items():
        make = lambda name=name, options=options: Server(Mails(name), hostname="localhost", **options)
        server = await loop.create_server(make, "127.0.0.1", 0, ssl=around)
        ports[name] = server.sockets[0].getsockname()[1]
    return ports


class Requests(BaseHTTPRequestHandler):
    """Takes webhooks: /as/STATUS answers with that status, and repeats the header `authorization`."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        verified = {}
        for name, key in KEYS.items():
            try:
                Webhook(key).verify(body, dict(self.headers))
                verified[name] = True
            except WebhookVerificationError:
                verified[name] = False
        headers = {name.lower(): value for name, value in self.headers.items()}
        tell(path=self.path, headers=headers, body=body.decode(), verified=verified)
        status = int(self.path.split("/as/")[1].split("/")[0]) if "/as/" in self.path else 200
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("location", "/redirected")
        if status in (429, 503):
            self.send_header("retry-after", "7")
        said = b"you sent " + self.headers.get("authorization", "nothing").encode()
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


async def main(folder):
    ports = await mail_servers(folder)
    requests = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
    threading.Thread(target=requests.serve_forever, daemon=True).start()
    tell(**ports, webhooks=requests.server_port)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main(sys.argv[1]))
