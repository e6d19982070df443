"""Compares answers of an EC2 API with what botocore's service model says of them.

botocore itself ignores elements that it does not know and takes most texts for most types, so this reads the XML on its
own. As a program it takes answers as arguments, each as JSON, and writes the problems of each on a line.
"""

import json
import re
import sys
from xml.etree import ElementTree

import botocore.session

NAMESPACE = "{http://ec2.amazonaws.com/doc/2016-11-15/}"
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

MODEL = botocore.session.get_session().get_service_model("ec2")


def walk_answer(action, status, body):
    """The problems of one answer: of a success if `status` is 200, else of a refusal."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        return [f"no XML: {error}"]
    return walk_success(action, root) if status == 200 else walk_refusal(root)


def walk_success(action, root):
    if root.tag != f"{NAMESPACE}{action}Response":
        return [f"the root is {root.tag}"]
    problems = []
    for element in root.iter():
        if not element.tag.startswith(NAMESPACE):
            problems.append(f"{element.tag} is in no or another namespace")
        element.tag = element.tag.removeprefix(NAMESPACE)
        if element.attrib:
            problems.append(f"{element.tag} has attributes")
    problems += walk_request_id(root, "requestId")
    shape = MODEL.operation_model(action).output_shape
    rest = [child for child in root if child.tag != "requestId"]
    if shape is None:
        # What has nothing to tell says whether it was done, and the model leaves that out.
        problems += [f"{child.tag}: unknown" for child in rest if child.tag != "return"]
        problems += [
            problem for child in rest if child.tag == "return" for problem in walk_boolean("return", child)
        ]
        return problems
    return problems + walk_members(shape, rest, "")


def walk_refusal(root):
    """<Response><Errors><Error><Code/><Message/></Error></Errors><RequestID/></Response>, which no shape describes."""
    problems = [] if root.tag == "Response" else [f"the root is {root.tag}"]
    problems += walk_request_id(root, "RequestID")
    tree = [[error.tag, [child.tag for child in error]] for error in root.findall("Errors/*")]
    if tree != [["Error", ["Code", "Message"]]]:
        problems.append(f"the errors are {tree}")
    if [child.tag for child in root] != ["Errors", "RequestID"]:
        problems.append(f"the parts are {[child.tag for child in root]}")
    for name in ("Code", "Message"):
        if not (root.findtext(f"Errors/Error/{name}") or "").strip():
            problems.append(f"{name} is empty")
    return problems


def walk_request_id(root, name):
    found = [child.text or "" for child in root if child.tag == name]
    if len(found) == 1 and REQUEST_ID.fullmatch(found[0]):
        return []
    return [f"{name} is {found}"]


def walk(shape, element, path):
    if shape.type_name == "structure":
        return walk_text_between(element, path) + walk_members(shape, list(element), path)
    if shape.type_name == "list":
        return walk_text_between(element, path) + walk_items(shape, element, path)
    if len(element) > 0:
        return [f"{path}: a {shape.type_name} has elements in it"]
    return walk_scalar(shape, element, path)


def walk_members(shape, children, path):
    """The children of a structure. Each is a member of it, and is there once at most."""
    members = {member.serialization.get("name", name): member for name, member in shape.members.items()}
    problems = []
    seen = set()
    for child in children:
        at = f"{path}/{child.tag}" if path else child.tag
        member = members.get(child.tag)
        if member is None:
            problems.append(f"{at}: unknown")
        elif child.tag in seen:
            problems.append(f"{at}: there twice")
        else:
            problems += walk(member, child, at)
        seen.add(child.tag)
    return problems


def walk_items(shape, element, path):
    name = shape.member.serialization.get("name", "member")
    problems = []
    for child in element:
        if child.tag == name:
            problems += walk(shape.member, child, f"{path}/{name}")
        else:
            problems.append(f"{path}/{child.tag}: not an {name}")
    return problems


def walk_text_between(element, path):
    texts = [element.text] + [child.tail for child in element]
    return [f"{path}: has text in it" for text in texts if (text or "").strip()][:1]


def walk_boolean(path, element):
    text = element.text or ""
    return [] if text in ("true", "false") else [f"{path}: {text!r} is no boolean"]


def walk_scalar(shape, element, path):
    text = element.text or ""
    kind = shape.type_name
    if kind == "boolean":
        return walk_boolean(path, element)
    if kind in ("integer", "long"):
        good = re.fullmatch(r"-?\d+", text)
    elif kind in ("double", "float"):
        good = NUMBER.fullmatch(text)
    elif kind == "timestamp":
        good = TIMESTAMP.fullmatch(text)
    elif kind == "string":
        good = not shape.enum or text in shape.enum
        kind = f"string of {shape.name}"
    else:
        return [f"{path}: nothing is known of the type {kind}"]
    return [] if good else [f"{path}: {text!r} is no {kind}"]


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        answer = json.loads(argument)
        print(json.dumps(walk_answer(answer["action"], answer["status"], answer["body"])))
