"""The phones' registration with digest (RFC 3261 §10 and §22, RFC 8760): SIPp 3.6 knows no SHA-256."""
import hashlib
import re
import secrets
import socket

from servers import PASSWORD, Failed

# Seconds until a request is sent again, and how often.
AGAIN_AFTER, TRIES = 1.0, 5
EXPIRES = 3600


def register(server, port, operators):
    """Registers every operator's phone from the port it will be rung at."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", port))
        phone.settimeout(AGAIN_AFTER)
        host, number = server.rsplit(":", 1)
        phone.connect((host, int(number)))
        for operator in operators:
            _register(phone, server, port, operator)


def _register(phone, server, port, operator):
    call = f"{secrets.token_hex(8)}@127.0.0.1"
    status, answer = _ask(phone, _request(server, port, operator, call, 1, ""))
    if status == 401:
        status, answer = _ask(phone, _request(server, port, operator, call, 2, _authorization(answer, server, operator)))
    if status != 200:
        raise Failed(f"{operator}'s phone is not registered: {answer.splitlines()[0]}")


def _request(server, port, operator, call, cseq, authorization):
    return (f"REGISTER sip:{server} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{secrets.token_hex(8)};rport\r\n"
            f"From: <sip:{operator}@{server}>;tag={secrets.token_hex(4)}\r\nTo: <sip:{operator}@{server}>\r\n"
            f"Call-ID: {call}\r\nCSeq: {cseq} REGISTER\r\nContact: <sip:{operator}@127.0.0.1:{port}>\r\n"
            f"{authorization}Expires: {EXPIRES}\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n")


def _ask(phone, request):
    """Status and text of the final answer; other requests that come meanwhile are left to be repeated."""
    cseq = re.search(r"^CSeq: .*$", request, re.M).group().strip()
    call = re.search(r"^Call-ID: .*$", request, re.M).group().strip()
    for _ in range(TRIES):
        phone.send(request.encode())
        try:
            while True:
                answer = phone.recv(65536).decode()
                if answer.startswith("SIP/2.0 ") and call in answer and cseq in answer:
                    return int(answer[8:11]), answer
        except (TimeoutError, ConnectionRefusedError):
            continue
    raise Failed("no answer to REGISTER")


def _authorization(answer, server, operator):
    """The answer to the first challenge, which is the one the server likes best."""
    challenge = re.search(r"^WWW-Authenticate: Digest (.+)$", answer, re.M | re.I).group(1)
    given = {key.lower(): value.strip('"') for key, value in re.findall(r'(\w+)=("[^"]*"|[^,\s]+)', challenge)}
    algorithm = given.get("algorithm", "MD5")
    digest = lambda text: hashlib.new(algorithm.replace("-", ""), text.encode()).hexdigest()
    uri, cnonce, count = f"sip:{server}", secrets.token_hex(8), "00000001"
    ha1 = digest(f"{operator}:{given['realm']}:{PASSWORD}")
    ha2 = digest(f"REGISTER:{uri}")
    response = digest(f"{ha1}:{given['nonce']}:{count}:{cnonce}:auth:{ha2}")
    opaque = f', opaque="{given["opaque"]}"' if "opaque" in given else ""
    return (f'Authorization: Digest username="{operator}", realm="{given["realm"]}", nonce="{given["nonce"]}", '
            f'uri="{uri}", response="{response}", algorithm={algorithm}, qop=auth, nc={count}, cnonce="{cnonce}"{opaque}\r\n')
