"""What somebody uses, in a few words, by what it says of itself."""

_BROWSERS = {  # many claim to be others as well: the first that fits counts
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "Windows": "Windows",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Macintosh": "Mac",
    "Linux": "Linux",
}
_LONGEST = 40


def device_name(user_agent: str) -> str:
    """Return "Firefox on Linux", or what a program calls itself: the first word of its User-Agent."""
    browser = next((name for sign, name in _BROWSERS.items() if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS.items() if sign in user_agent), "")
    if browser:
        return f"{browser} on {system}" if system else browser
    words = user_agent.split()
    return words[0][:_LONGEST] if words else "Unknown device"
