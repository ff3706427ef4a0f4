"""python-requests through the proxy, and the same without it: prints what differs and ends with 1.

    requests_client.py PROXY URL CA_FILE ROOT_FILE
"""

import sys

import requests

proxy, url, ca, root = sys.argv[1:5]


def session(through_proxy):
    result = requests.Session()
    result.trust_env = False
    if through_proxy:
        result.proxies = {"http": proxy, "https": proxy}
    result.verify = ca if through_proxy else root
    return result


def exchanges(client):
    """One connection, many exchanges; each yields what a program would look at."""
    def seen(response):
        fields = {name.lower(): value for name, value in response.headers.items()}
        for own in ["date", "via", "connection", "keep-alive"]:
            fields.pop(own, None)
        return response.status_code, response.url, fields, response.content

    for number in range(20):
        yield seen(client.get(f"{url}/echo?{number}", params={"a": "b c", "ü": "é"}))
    for size in [0, 1, 300_000]:
        yield seen(client.post(f"{url}/length", data=b"x" * size))
    # A generator is sent chunked.
    yield seen(client.post(f"{url}/length", data=(b"chunk" * 1000 for _ in range(40))))
    yield seen(client.post(f"{url}/length", files={"file": ("a.txt", b"content")}))[:3]
    yield seen(client.put(f"{url}/length", json={"a": [1, 2, 3]}))
    yield seen(client.head(f"{url}/echo"))
    yield seen(client.get(f"{url}/redirect"))
    yield seen(client.get(f"{url}/status/404"))
    yield seen(client.delete(f"{url}/status/204"))
    with client.get(f"{url}/chunked", stream=True) as response:
        yield b"".join(response.iter_content(7))


through = list(exchanges(session(True)))
direct = list(exchanges(session(False)))
different = [pair for pair in zip(through, direct) if pair[0] != pair[1]]
for pair in different:
    print("through the proxy:", repr(pair[0])[:500], "\nwithout it:", repr(pair[1])[:500])
if different or len(through) != len(direct):
    sys.exit(1)
print(f"{len(through)} exchanges agree")
