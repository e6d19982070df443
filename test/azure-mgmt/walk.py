"""Holds a JSON document against a model of azure-mgmt-network, which is made from ARM's own specification."""

import typing

from azure.mgmt.network import models


def problems(document, model, path=""):
    """What the model does not know of the document, or has otherwise."""
    known = {field._rest_name: name for name, field in model({})._attr_to_rest_field.items()}
    hints = typing.get_type_hints(model, localns={"_models": models, "_types": models})
    found = []
    for name, value in document.items():
        where = f"{path}.{name}"
        if name not in known:
            found.append(f"{where} is no property of {model.__name__}")
            continue
        found.extend(_of_type(value, hints[known[name]], where))
    return found


def _of_type(value, hint, where):
    origin = typing.get_origin(hint)
    if origin is typing.Union:
        choices = [choice for choice in typing.get_args(hint) if choice is not type(None)]
        # A text of which the values are known: that others may come is for clients, not for what stands in for a service.
        if any(hasattr(choice, "__members__") for choice in choices):
            choices = [choice for choice in choices if choice is not str]
        outcomes = [_of_type(value, choice, where) for choice in choices]
        return min(outcomes, key=len)
    if origin is list:
        if not isinstance(value, list):
            return [f"{where} is no list"]
        (inner,) = typing.get_args(hint)
        return [problem for i, item in enumerate(value) for problem in _of_type(item, inner, f"{where}[{i}]")]
    if origin is dict:
        return [] if isinstance(value, dict) else [f"{where} is no object"]
    if isinstance(hint, type) and hasattr(hint, "_is_model"):
        return problems(value, hint, where) if isinstance(value, dict) else [f"{where} is no object"]
    if isinstance(hint, type) and issubclass(hint, str):
        known = [member.value for member in hint] if hasattr(hint, "__members__") else None
        if not isinstance(value, str):
            return [f"{where} is no text"]
        return [f"{where} is {value!r}, none of {known}"] if known is not None and value not in known else []
    if hint in (bool, int, float):
        return [] if isinstance(value, hint) else [f"{where} is no {hint.__name__}"]
    return []
