"""One HTTP client: addresses, messages, connections, retries, redirects, credentials, TLS, proxies, downloads."""
