"""Whose key signs, and where services are, by Huawei's own Python SDK: one environment in, one answer out, as JSON lines."""

import json
import os
import sys

from huaweicloudsdkcore.auth.internal import IamHelper
from huaweicloudsdkcore.auth.provider import CredentialProviderChain
from huaweicloudsdkims.v2 import ImsClient, ListImagesRequest
from huaweicloudsdkims.v2.region.ims_region import ImsRegion


def access_key(environment):
    os.environ.clear()
    os.environ.update(environment)
    credentials = CredentialProviderChain.get_basic().get_credentials()
    credentials.project_id = environment["HUAWEICLOUD_SDK_PROJECT_ID"]
    endpoint = environment["IMS_EXPORT_IMS_ENDPOINT"]
    ims = ImsClient.new_builder().with_credentials(credentials).with_endpoints([endpoint]).build()
    ims.list_images(ListImagesRequest(limit=1))
    return credentials.ak


def endpoints(environment):
    """IMS and IAM of every region that the SDK knows."""
    os.environ.clear()
    os.environ.update(environment)
    return {
        region: {"ims": ImsRegion.value_of(region).endpoints[0], "iam": IamHelper.get_iam_endpoint(region)}
        for region in ImsRegion.static_fields
    }


for line in sys.stdin:
    request = json.loads(line)
    try:
        if "endpointsIn" in request:
            answer = endpoints(request["endpointsIn"])
        else:
            answer = {"accessKey": access_key(request)}
    except Exception as error:  # Whatever it is, no key signed.
        answer = {"error": type(error).__name__, "message": str(error)}
    print(json.dumps(answer), flush=True)
