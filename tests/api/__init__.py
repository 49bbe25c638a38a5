"""The API, asked without sockets."""
