"""What SAM makes of the template, as JSON: python tests/aws/translated.py TEMPLATE NAME=VALUE... without an account."""

import json
import sys

import boto3
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

with open(sys.argv[1], encoding="utf-8") as file:
    template = yaml_parse(file.read())
for resource in template["Resources"].values():
    # `sam deploy` puts packages into a bucket before.
    for name in ("CodeUri", "DefinitionUri"):
        if name in resource.get("Properties", {}):
            resource["Properties"][name] = "s3://bucket/package"
parameters = dict(given.split("=", 1) for given in sys.argv[2:])
session = boto3.session.Session(region_name="us-east-1")
json.dump(Translator({}, Parser(), boto_session=session).translate(template, parameters), sys.stdout)
