"""Whose key signs, by Huawei's own Python SDK: one environment in, one access key or error out, as JSON lines."""

import json
import os
import sys

from huaweicloudsdkcore.auth.provider import CredentialProviderChain
from huaweicloudsdkims.v2 import ImsClient, ListImagesRequest


def access_key(environment):
    os.environ.clear()
    os.environ.update(environment)
    credentials = CredentialProviderChain.get_basic().get_credentials()
    credentials.project_id = environment["HUAWEICLOUD_SDK_PROJECT_ID"]
    endpoint = environment["IMS_EXPORT_IMS_ENDPOINT"]
    ims = ImsClient.new_builder().with_credentials(credentials).with_endpoints([endpoint]).build()
    ims.list_images(ListImagesRequest(limit=1))
    return credentials.ak


for line in sys.stdin:
    try:
        answer = {"accessKey": access_key(json.loads(line))}
    except Exception as error:  # Whatever it is, no key signed.
        answer = {"error": type(error).__name__, "message": str(error)}
    print(json.dumps(answer), flush=True)
