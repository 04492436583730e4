"""What a person types, checked: each error stands beside its field and what was typed stays there."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate, password_validation
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.http import HttpRequest

from storyboard import throttle
from storyboard.models import Role, User

RATES = (
    ("24/1", "24", "Film"),
    ("24000/1001", "23.976", "Film for NTSC"),
    ("25/1", "25", "PAL"),
    ("30000/1001", "29.97", "NTSC"),
    ("30/1", "30", "Web"),
    ("16/1", "16", "Draft models"),
)
SIZES = (
    ("640x360", "640 × 360", "16:9 draft"),
    ("854x480", "854 × 480", "16:9"),
    ("1280x720", "1280 × 720", "16:9 HD"),
    ("360x640", "360 × 640", "9:16 tall"),
    ("512x512", "512 × 512", "1:1 square"),
)
DAYS = ((1, "1 day"), (7, "7 days"), (14, "14 days"), (30, "30 days"))


class HouseForm(forms.Form):
    """A form whose fields look like the house's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "field"


class SignInForm(HouseForm):
    username = forms.CharField(
        max_length=150,
        label="Sign-in name",
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}),
    )
    password = forms.CharField(
        max_length=1000, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.request = request
        self.user: User | None = None
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        name, password, address = data.get("username"), data.get("password"), self.request.META.get("REMOTE_ADDR", "")
        if not name or not password:
            return data
        if throttle.too_many(name, address):
            raise forms.ValidationError(
                "Too many attempts failed. Wait 15 minutes, or ask the owner of this server for a sign-in link."
            )
        self.user = authenticate(self.request, username=name, password=password)
        if self.user is None:
            throttle.failed(name, address)
            raise forms.ValidationError("This name and password do not go together. Check both and try again.")
        throttle.succeeded(name, address)
        return data


class _Password(HouseForm):
    """A new password, typed once and checked against the person it is for."""

    password = forms.CharField(
        max_length=1000,
        strip=False,
        help_text="10 characters or more.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def person(self) -> User | None:
        return None

    def clean_password(self) -> str:
        password_validation.validate_password(self.cleaned_data["password"], self.person())
        return self.cleaned_data["password"]


class NewPersonForm(_Password):
    field_order = ["name", "username", "password"]
    name = forms.CharField(
        max_length=80,
        label="Your name",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text="As the team knows you.",
    )
    username = forms.CharField(
        max_length=150,
        label="Sign-in name",
        validators=[UnicodeUsernameValidator(message="A sign-in name has letters, digits and @ . + - _ only.")],
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )

    def clean_username(self) -> str:
        username = User.normalize_username(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError("This sign-in name is taken. Choose another, or sign in first.")
        return username

    def create(self) -> User:
        data = self.cleaned_data
        return User.objects.create_user(data["username"], password=data["password"], name=data["name"])


class PasswordForm(_Password):
    """Sets a password. The old one is asked for, except from a person who came by a one-time link or has none."""

    field_order = ["current", "password"]
    current = forms.CharField(
        max_length=1000,
        strip=False,
        label="Current password",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, user: User, by_link: bool, *args: Any, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)
        if by_link or not user.has_usable_password():
            del self.fields["current"]

    def person(self) -> User:
        return self.user

    def clean_current(self) -> str:
        if not self.user.check_password(self.cleaned_data["current"]):
            raise forms.ValidationError("This is not your current password. Type it again, or ask for a sign-in link.")
        return self.cleaned_data["current"]


class InvitationForm(HouseForm):
    role = forms.TypedChoiceField(
        choices=Role.choices[::-1], coerce=lambda value: Role(int(value)), initial=Role.EDITOR
    )
    days = forms.TypedChoiceField(choices=DAYS, coerce=int, initial=14, label="Valid for")


class NewPitchForm(HouseForm):
    name = forms.CharField(max_length=120, label="Name", initial="Untitled pitch")
    rate = forms.ChoiceField(
        label="Frames a second", choices=[(code, f"{label} · {use}") for code, label, use in RATES], initial="24/1"
    )
    size = forms.ChoiceField(
        label="Picture size", choices=[(code, f"{label} · {use}") for code, label, use in SIZES], initial="640x360"
    )

    def fields_of_project(self) -> dict[str, int]:
        (num, den), (width, height) = (
            [int(part) for part in self.cleaned_data[name].split(mark)] for name, mark in (("rate", "/"), ("size", "x"))
        )
        return {"rate_num": num, "rate_den": den, "width": width, "height": height}
