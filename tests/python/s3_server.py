"""An S3 server of its own, which checks signatures, until its standard input ends. Prints its URL and a key."""

import json
import logging
import os
import sys

# Actions that are answered unsigned: the four by which the key and the bucket are made here.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "4"
# Few names in an answer to a list, so that few objects have a second page.
os.environ["MOTO_S3_DEFAULT_MAX_KEYS"] = "5"

import boto3
from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").disabled = True
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
url = "http://%s:%d" % server.get_host_and_port()
at = dict(
    endpoint_url=url, region_name="us-east-1", aws_access_key_id="any", aws_secret_access_key="any"
)
iam = boto3.client("iam", **at)
iam.create_user(UserName="test")
key = iam.create_access_key(UserName="test")["AccessKey"]
allow = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
iam.put_user_policy(UserName="test", PolicyName="s3", PolicyDocument=json.dumps(allow))
boto3.client("s3", **at).create_bucket(Bucket="bucket")
print(url, key["AccessKeyId"], key["SecretAccessKey"], flush=True)
sys.stdin.read()
server.stop()
