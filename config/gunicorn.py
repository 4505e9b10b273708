"""How the web process serves: one master that loads the application once, two workers of eight threads each."""

worker_class = "gthread"
workers = 2
threads = 8
preload_app = True
timeout = 60
graceful_timeout = 8
keepalive = 5
max_requests = 20_000
max_requests_jitter = 2_000
limit_request_line = 4_094
control_socket_disable = True
forwarded_allow_ips = "127.0.0.1"
