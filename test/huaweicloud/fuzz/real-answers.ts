const JOBS: readonly object[] = [
  {
    job_id: '9a175ac79d2a54ad019d2d0a1f074696',
    job_type: 'imsNativeExportImageJob',
    begin_time: '2026-03-27T01:17:50.446Z',
    end_time: '2026-03-27T01:57:11.143Z',
    status: 'SUCCESS',
    error_code: null,
    fail_reason: null,
    entities: {
      image_name: 'name',
      image_id: '698a61e2-abde-4151-a778-f9035e214c92',
      process_percent: 1,
      current_task: '',
    },
  },
  {
    job_id: 'ff80808280c204e30180d2784c3c0d86',
    job_type: 'imsNativeExportImageJob',
    begin_time: '2022-05-17T14:42:20.859Z',
    end_time: '',
    status: 'FAIL',
    error_code: 'IMG.0061',
    fail_reason: 'Unknown system error.',
    entities: {
      image_id: '498cc67e-7795-482c-8c47-32bcece2d7ec',
      process_percent: '40%',
      addition_error_code: 'IMG.0069',
      addition_error_msg: 'The bucket cannot be accessed.',
      sub_jobs_result: [
        { status: 'fail', job_id: 's', job_type: 'imsGoofysExportImageJob', error_code: 'X.1', fail_reason: 'no' },
      ],
    },
  },
];

/** What a parser reads when all is well, by the name of the parser. */
export const SUCCESSES: { [parser: string]: readonly object[] } = {
  ExportImage: [{ job_id: 'edc89b490d7d4392898e19b2deb34797' }],
  ShowJob: JOBS,
  ShowJobProgress: JOBS,
  ListImages: [
    {
      images: [
        {
          id: 'd164b5df-1bc3-4c3f-893e-3e471fd16e64',
          name: 'centos',
          status: 'active',
          __imagetype: 'private',
          visibility: 'private',
          owner: '77b6a44cba5143ab91d13ab9a8ff44fd',
          protected: false,
          __os_type: 'Linux',
          __platform: 'CentOS',
          virtual_env_type: 'FusionCompute',
          disk_format: 'zvhd2',
          __image_size: '449261568',
          min_disk: 40,
          __whole_image: 'False',
          __originalimagename: '33ad552d-1a3d-4c2c-8d0c-0d2f0c1a0001',
          __backup_id: '',
          __data_origin: null,
          __system__cmkid: 'cmk-1',
        },
      ],
    },
  ],
  ListProjects: [
    { projects: [{ id: '77b6a44cba5143ab91d13ab9a8ff44fd', name: 'cn-north-4', enabled: true }], links: {} },
  ],
  IamToken: [
    {
      token: {
        expires_at: '2027-01-04T09:05:22.701000Z',
        issued_at: '2026-01-03T09:05:22.701000Z',
        methods: ['password'],
        project: { id: '77b6a44cba5143ab91d13ab9a8ff44fd', name: 'cn-north-4' },
      },
    },
  ],
  IdTokenKey: [
    {
      token: {
        expires_at: '2027-01-04T09:05:22.701000Z',
        methods: ['mapped'],
        user: {
          name: 'FederationUser',
          'OS-FEDERATION': { identity_provider: { id: 'idp' }, protocol: { id: 'oidc' } },
        },
      },
    },
  ],
  OidcKey: [
    {
      assumed_agency: { urn: 'sts::1:assumed-agency:demo/session', id: '1:session' },
      credentials: {
        access_key_id: 'AK',
        secret_access_key: 'SK',
        security_token: 'token',
        expiration: '2037-01-08T02:56:19.587Z',
      },
      provider: 'iam::1:oidcProvider:idp',
    },
  ],
  PodIdentityKey: [
    {
      assumedAgency: { urn: '', id: '' },
      credentials: {
        accessKeyId: 'AK',
        secretAccessKey: 'SK',
        securityToken: 'token',
        expiration: '2037-01-08T03:50:07.574000Z',
      },
      subject: { namespace: '', serviceAccount: '' },
    },
  ],
  MetadataKey: [
    { credential: { access: 'AK', secret: 'SK', securitytoken: 'token', expires_at: '2037-01-08T02:56:19.587000Z' } },
  ],
};

const REFUSALS: readonly object[] = [
  { error: { message: 'The imagetype is invalid.', code: 'IMG.0024' } },
  { error_msg: 'The throttling threshold has been reached', error_code: 'APIGW.0308', request_id: 'r1' },
  { error: { code: 401, message: 'The username or password is wrong.', title: 'Unauthorized' } },
];

/** Answers as the cloud gives them to anybody, to be mutilated. */
export const REAL_ANSWERS: readonly object[] = [...Object.values(SUCCESSES).flat(), ...REFUSALS, ...REFUSALS];

/** Fields that the parsers look for, and names that every object of JavaScript has. */
export const NAMES: readonly string[] = [
  ...new Set([...JSON.stringify(REAL_ANSWERS).matchAll(/"(\w+)":/g)].map(([, name = '']) => name)),
  ...['errorCode', 'errorMsg', 'requestId', 'alarm_code', 'results', '__proto__', 'constructor', 'toString', 'toJSON'],
  ...['length', 'then', 'valueOf', ''],
];

export const OBS_ERROR =
  '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><RequestId>001B21A61C6C0000013402C4616D5285</RequestId><HostId>RkRC</HostId><Resource>/b/k</Resource></Error>';

export const PROXY_PAGE =
  '<html>\r\n<head><title>502 Bad Gateway</title><style>p{color:red}</style></head>\r\n<body><center><h1>502 Bad Gateway</h1></center><hr><script>alert(1)</script></body>\r\n</html>';
