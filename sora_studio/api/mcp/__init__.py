"""The studio for agents: tools and resources of the Model Context Protocol, by API key, at one address."""
