// Whose key signs, by Huawei's own Go SDK: prints an access key or an error for its environment, as JSON.
package main

import (
	"encoding/json"
	"os"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/provider"
	ims "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/ims/v2"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/ims/v2/model"
)

func accessKey() (string, error) {
	credential, err := provider.BasicCredentialProviderChain().GetCredentials()
	if err != nil {
		return "", err
	}
	credentials := credential.(*auth.BasicCredentials)
	credentials.ProjectId = os.Getenv("HUAWEICLOUD_SDK_PROJECT_ID")
	// The SDK takes https only from HUAWEICLOUD_SDK_IAM_ENDPOINT.
	if credentials.IamEndpoint == "" {
		credentials.IamEndpoint = os.Getenv("HUAWEICLOUD_SDK_IAM_ENDPOINT")
	}
	client, err := ims.ImsClientBuilder().WithEndpoint(os.Getenv("IMS_EXPORT_IMS_ENDPOINT")).WithCredential(credentials).SafeBuild()
	if err != nil {
		return "", err
	}
	limit := int32(1)
	if _, err := ims.NewImsClient(client).ListImages(&model.ListImagesRequest{Limit: &limit}); err != nil {
		return "", err
	}
	return credentials.AK, nil
}

func main() {
	answer := map[string]string{}
	if key, err := accessKey(); err != nil {
		answer["error"] = err.Error()
	} else {
		answer["accessKey"] = key
	}
	json.NewEncoder(os.Stdout).Encode(answer)
}
