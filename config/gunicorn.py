"""How the web process serves: one master that loads the application once, two workers of eight threads each."""

worker_class = "sentinel.core.serving.worker.PatientWorker"
workers = 2
threads = 8
preload_app = True
timeout = 60
graceful_timeout = 8
max_requests = 20_000
max_requests_jitter = 2_000
control_socket_disable = True
