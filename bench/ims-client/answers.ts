/**
 * What the static server answers: the samples of the API's documentation, with the headers that a gateway puts on them.
 *
 * @module
 */

export const PROJECT_ID = '77b6a44cba5143ab91d13ab9a8ff44fd';

/** As many jobs and images as a busy worker tracks. The calls take them in turn, so that no client can remember an answer. */
const COUNT = 500;

export const JOB_IDS = Array.from({ length: COUNT }, (_, index) => `9a175ac79d2a54ad019d2d0a1f07${hex4(index)}`);
export const IMAGE_IDS = Array.from({ length: COUNT }, (_, index) => `698a61e2-abde-4151-a778-f9035e21${hex4(index)}`);

export type Call = 'ShowJob' | 'ListImages';

/** The one of `ids` that is the turn of the n-th call. */
export function idOfTurn(ids: readonly string[], turn: number): string {
  return ids[turn % ids.length] ?? '';
}

function hex4(number: number): string {
  return number.toString(16).padStart(4, '0');
}

/** An export under way, with the sub-job that does the work. */
const job = (jobId: string, imageId: string) => ({
  job_id: jobId,
  job_type: 'imsNativeExportImageJob',
  begin_time: '2026-03-27T01:17:50.446Z',
  end_time: '',
  status: 'RUNNING',
  error_code: null,
  fail_reason: null,
  entities: {
    image_id: imageId,
    image_name: 'centos7_5',
    process_percent: 0.4,
    current_task: 'ExportImageTask:',
    subJobId: 'ff80808280ca6cd30180d278b9db0221',
    sub_jobs_list: ['ff80808280ca6cd30180d278b9db0221'],
    sub_jobs_result: [
      {
        status: 'RUNNING',
        job_id: 'ff80808280ca6cd30180d278b9db0221',
        job_type: 'imsGoofysExportImageJob',
        begin_time: '2026-03-27T01:17:51.201Z',
        end_time: '',
        error_code: null,
        fail_reason: null,
        entities: { image_id: imageId, image_name: 'centos7_5' },
      },
    ],
  },
});

/** The one image of that id, with every attribute that ListImages is documented to send. */
const imageList = (imageId: string) => ({
  images: [
    {
      id: imageId,
      name: 'centos7_5',
      status: 'active',
      owner: PROJECT_ID,
      visibility: 'private',
      protected: false,
      __imagetype: 'private',
      __os_type: 'Linux',
      __platform: 'CentOS',
      __os_version: 'CentOS 7.5 64bit',
      __os_bit: '64',
      __isregistered: 'true',
      __image_source_type: 'uds',
      __image_size: '10737418240',
      __originalimagename: '33ad552d-1149-471c-8190-ff6776174a00',
      __data_origin: 'instance,5d0b7c2e-0f5f-4d5c-a6a4-2a3b8d1f9c10',
      __backup_id: '',
      __productcode: '',
      __support_kvm: 'true',
      __lazyloading: 'true',
      __root_origin: '',
      __sequence_num: '0',
      __image_location: '',
      __is_config_init: 'true',
      virtual_env_type: 'FusionCompute',
      disk_format: 'zvhd2',
      container_format: 'bare',
      hw_firmware_type: 'bios',
      hw_vif_multiqueue_enabled: 'true',
      min_disk: 40,
      min_ram: 0,
      max_ram: '',
      size: 0,
      virtual_size: null,
      checksum: 'd41d8cd98f00b204e9800998ecf8427e',
      enterprise_project_id: '0',
      tags: [],
      created_at: '2026-01-15T08:30:00Z',
      updated_at: '2026-01-15T08:30:00Z',
      active_at: '2026-01-15T08:30:00Z',
      schema: '/v2/schemas/image',
      self: `/v2/images/${imageId}`,
      file: `/v2/images/${imageId}/file`,
    },
  ],
});

const NOT_FOUND = { error_code: 'APIGW.0101', error_msg: 'The API does not exist.' };

/** The whole answer to a path with its query. */
export function answerTo(path: string): Buffer {
  return ANSWERS.get(path) ?? UNKNOWN;
}

const UNKNOWN = httpAnswer('404 Not Found', NOT_FOUND);

const ANSWERS = new Map([
  ...JOB_IDS.map((id, index): [string, Buffer] => [
    `/v1/${PROJECT_ID}/jobs/${id}`,
    httpAnswer('200 OK', job(id, idOfTurn(IMAGE_IDS, index))),
  ]),
  ...IMAGE_IDS.map((id): [string, Buffer] => [`/v2/cloudimages?id=${id}`, httpAnswer('200 OK', imageList(id))]),
]);

function httpAnswer(status: string, json: unknown): Buffer {
  const body = JSON.stringify(json);
  const head = [
    `HTTP/1.1 ${status}`,
    'Date: Fri, 27 Mar 2026 01:20:00 GMT',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: keep-alive',
    'Server: api-gateway',
    'X-Request-Id: 4d1a6b3e0c5f4c1d9a7be2f80b6c1d22',
    'Strict-Transport-Security: max-age=31536000; includeSubdomains;',
    'X-Frame-Options: SAMEORIGIN',
    'X-Content-Type-Options: nosniff',
    'X-Download-Options: noopen',
    'X-XSS-Protection: 1; mode=block;',
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}
