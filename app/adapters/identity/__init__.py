"""Who people are: OpenID Connect providers, the local identity of development, link sessions."""
