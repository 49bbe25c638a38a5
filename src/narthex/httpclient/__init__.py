"""HTTP as a client: TLS, authentication, proxies and redirects, once for all rooms."""
