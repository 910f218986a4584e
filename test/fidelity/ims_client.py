"""Huawei's own Python SDK for IMS, driven by JSON lines: one request in, one answer out."""

import json
import os
import sys

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException
from huaweicloudsdkcore.region.region import Region
from huaweicloudsdkims.v2 import (
    ExportImageRequest,
    ExportImageRequestBody,
    ImsClient,
    ListImagesRequest,
    ShowJobProgressRequest,
    ShowJobRequest,
)

ACCESS_KEY = os.environ["ACCESS_KEY"]
SECRET_KEY = os.environ["SECRET_KEY"]
PROJECT_ID = os.environ["PROJECT_ID"]
IMS_ENDPOINT = os.environ["IMS_ENDPOINT"]
IAM_ENDPOINT = os.environ["IAM_ENDPOINT"]


def client(secret_key):
    credentials = BasicCredentials(ACCESS_KEY, secret_key, PROJECT_ID)
    return ImsClient.new_builder().with_credentials(credentials).with_endpoints([IMS_ENDPOINT]).build()


def client_that_looks_for_its_project():
    credentials = BasicCredentials(ACCESS_KEY, SECRET_KEY).with_iam_endpoint(IAM_ENDPOINT)
    region = Region("cn-north-4", IMS_ENDPOINT)
    return ImsClient.new_builder().with_credentials(credentials).with_region(region).build()


ims = client(SECRET_KEY)


def export(image, **body):
    return ims.export_image(ExportImageRequest(image_id=image, body=ExportImageRequestBody(**body)))


OPERATIONS = {
    "list": lambda **query: ims.list_images(ListImagesRequest(**query)),
    "export": export,
    "showJob": lambda job: ims.show_job(ShowJobRequest(job_id=job)),
    "showJobProgress": lambda job: ims.show_job_progress(ShowJobProgressRequest(job_id=job)),
    "listWithWrongKey": lambda: client("wrong").list_images(ListImagesRequest()),
    "listAfterDiscovery": lambda **query: client_that_looks_for_its_project().list_images(ListImagesRequest(**query)),
}

for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = OPERATIONS[request["operation"]](**request["arguments"]).to_dict()
    except ServiceResponseException as error:
        answer = {
            "status": error.status_code,
            "code": error.error_code,
            "message": error.error_msg,
            "requestId": error.request_id,
        }
    print(json.dumps(answer, default=lambda value: value.to_dict()), flush=True)
