"""All of the configuration. `deploy/env.example` names every variable that is read here."""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from storyboard import env
from storyboard.embedded import address, addresses

ROOT = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.text("CIRCLE_TAKE_DATA") or ROOT / "var").resolve()
env.need_own_directory(DATA_DIR)
MEDIA_ROOT = Path(env.text("MEDIA_LOCATION") or DATA_DIR / "media").resolve()
# Which diffusion weights this machine has; see manage.py weights.
WEIGHTS_ROOT = Path(env.text("WEIGHTS_LOCATION") or DATA_DIR / "weights").resolve()
# Where the weights lie that come with the code.
WEIGHTS_BUILT_IN = Path(env.text("WEIGHTS_BUILT_IN") or ROOT / "generation" / "weights").resolve()

DEBUG = env.flag("DEBUG", False)
HOST = env.text("HOST", "127.0.0.1")
PORT = env.number("PORT", 8000)
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
PUBLIC_URL = env.text("PUBLIC_URL", f"http://{HOST}:{PORT}").rstrip("/")
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS", PUBLIC_URL)
# A page may open the live socket from these origins; by default this server's own, by each name it goes by.
SOCKET_ORIGINS = env.names("SOCKET_ORIGINS") or list(
    dict.fromkeys([PUBLIC_URL, *CSRF_TRUSTED_ORIGINS, *(f"http://{host}:{PORT}" for host in ALLOWED_HOSTS)])
)
BEHIND_TLS = PUBLIC_URL.startswith("https://")


SECRET_KEY = env.text("SECRET_KEY") or address.drawn_once(DATA_DIR / "secret_key")


def _database(url: str) -> dict[str, object]:
    parts = addresses.postgres_parts(url)
    limits = "-c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000"
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "pool": {"min_size": 0, "max_size": env.number("DATABASE_POOL", 12), "timeout": 15},
            **parts,
            "options": f"{limits} {parts.get('options', '')}".strip(),
        },
    }


env.need_all_or_none("DATABASE_URL", "REDIS_URL")
DATABASE_URL = env.text("DATABASE_URL") or address.database_url(DATA_DIR)
REDIS_URL = env.text("REDIS_URL") or address.redis_url(DATA_DIR)
try:
    DATABASES = {"default": _database(DATABASE_URL)}
    _redis = addresses.redis_address(REDIS_URL)
except addresses.BadAddress as error:
    raise ImproperlyConfigured(str(error)) from None
REDIS_URL, CELERY_BROKER_URL = _redis.url, _redis.broker_url
# What is published does not stop at the number of a Redis database: two boards on one server differ by name.
CHANNELS_NAME = f"circletake:{_redis.db}"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.admin",
    "django_htmx",
    "storyboard",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "storyboard.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "storyboard.middleware.PlainRefusals",
]

ROOT_URLCONF = "storyboard.urls"
ASGI_APPLICATION = "storyboard.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["storyboard.templatetags.film"],
        },
    }
]

AUTH_USER_MODEL = "storyboard.User"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "projects"
LOGOUT_REDIRECT_URL = "sign-in"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_NAME = "circletake"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Browsers take this header over TLS only, and write an error into the console elsewhere.
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin" if BEHIND_TLS else None
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [ROOT / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "uploads"
FILE_UPLOAD_TEMP_DIR.mkdir(exist_ok=True)
STATIC_ROOT.mkdir(exist_ok=True)

# What an upload may be. A refusal names the limit it met.
SCRIPT_MAX_BYTES = env.number("SCRIPT_MAX_BYTES", 5_000_000)
# Markup makes a Final Draft file several times longer than the words in it.
SCRIPT_PLAIN_MAX_BYTES = env.number("SCRIPT_PLAIN_MAX_BYTES", 1_250_000)
PICTURE_MAX_BYTES = env.number("PICTURE_MAX_BYTES", 50_000_000)
PICTURE_MAX_PIXELS = env.number("PICTURE_MAX_PIXELS", 40_000_000)
SOUND_MAX_BYTES = env.number("SOUND_MAX_BYTES", 500_000_000)
MOVIE_MAX_BYTES = env.number("MOVIE_MAX_BYTES", 500_000_000)
# The most that any request may carry: the largest of these, with room for the form around it.
BODY_MAX_BYTES = max(SCRIPT_MAX_BYTES, PICTURE_MAX_BYTES, SOUND_MAX_BYTES, MOVIE_MAX_BYTES) + 1_000_000
SHOTS_MAX = env.number("SHOTS_MAX", 2000)
TAKES_MAX_AT_ONCE = env.number("TAKES_MAX_AT_ONCE", 400)

# A worker that has not spoken for this long has lost its take; another begins it again, so many times.
# Auditions stop after this share of their steps, in percent, and wait so many days for somebody to finish them.
AUDITION_SHARE = env.number("AUDITION_SHARE", 40)
AUDITION_DAYS = env.number("AUDITION_DAYS", 7)

LEASE_SECONDS = env.number("LEASE_SECONDS", 20)
ATTEMPTS_MAX = env.number("ATTEMPTS_MAX", 3)
SWEEP_SECONDS = env.number("SWEEP_SECONDS", 5)

# Where a reverse proxy may serve media itself: the internal location that maps onto MEDIA_ROOT.
MEDIA_ACCEL = env.text("MEDIA_ACCEL")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
}
