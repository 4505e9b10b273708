"""What gunicorn serves."""

from sentinel import create_app

app = create_app()
