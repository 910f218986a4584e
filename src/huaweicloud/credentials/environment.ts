import type { CredentialsProvider } from './credentials';

/**
 * HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK and, for temporary keys, HUAWEICLOUD_SDK_SECURITY_TOKEN: the vendor's names.
 * They are read at every request, so a process that changes its own environment changes its keys.
 */
export function environmentCredentials(env: NodeJS.ProcessEnv): CredentialsProvider {
  return {
    async get() {
      const accessKey = env.HUAWEICLOUD_SDK_AK?.trim();
      const secretKey = env.HUAWEICLOUD_SDK_SK?.trim();
      if (!accessKey) throw new Error('HUAWEICLOUD_SDK_AK is not set; it must hold the access key (AK).');
      if (!secretKey) throw new Error('HUAWEICLOUD_SDK_SK is not set; it must hold the secret key (SK).');
      const securityToken = env.HUAWEICLOUD_SDK_SECURITY_TOKEN?.trim();
      return { accessKey, secretKey, ...(securityToken ? { securityToken } : {}) };
    },
  };
}
