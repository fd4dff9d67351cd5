"""What a client of a server without TLS needs of TLS."""

import ssl

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For `verify` of httpx: a context that trusts nobody. To load authorities takes 25 ms for each client."""
