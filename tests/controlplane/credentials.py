"""Keys, tokens and kubeconfigs of a throw-away control plane."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

ADMIN = "admin"


def write_signing_key(path: Path) -> None:
    """The key that signs the tokens of service accounts."""
    key = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
                                       serialization.NoEncryption()))


def write_tokens(path: Path, people: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """A token file with these people and their groups; the tokens by name."""
    tokens = {name: secrets.token_hex(16) for name in people}
    lines = [f'{tokens[name]},{name},{name},"{",".join(groups)}"' for name, groups in people.items()]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return tokens


def kubeconfig(server: str, authority: Path, token: str, namespace: str = "default") -> str:
    """A kubeconfig with one context, as YAML (JSON is YAML)."""
    return json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": server, "certificate-authority": str(authority)}}],
        "users": [{"name": "user", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "user", "namespace": namespace}}],
    }, indent=1)
