import type { Image } from '../catalogue';
import type { Cloud } from '../cloud';
import type { ServiceContext } from '../http-service';
import { queryParameters } from '../wire';
import { imsError } from './errors';

/** Most images in one answer, and the default of `limit` (huaweicloudDocs/ims, "查询镜像列表"). */
const DEFAULT_LIMIT = 500;

/** ListImages, `GET /v2/cloudimages`. An image that is not there or not visible leaves an empty array, not an error. */
export function listImages(c: ServiceContext, cloud: Cloud): Response {
  const parameters = new Map(queryParameters(c.get('request').query));
  const imagetype = parameters.get('__imagetype');
  if (imagetype !== undefined && !['gold', 'private', 'shared', 'market'].includes(imagetype)) {
    return imsError(c, 400, 'IMG.0024', 'The imagetype is invalid.');
  }
  const limit = Number(parameters.get('limit') ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 0)
    return imsError(c, 400, 'IMG.0001', 'The request message format is invalid.');

  const matching = sort(
    cloud.images.filter((image) => matches({ __isregistered: 'true', ...Object.fromEntries(parameters) }, image)),
    parameters,
  );
  const marker = parameters.get('marker');
  const begin = marker === undefined ? 0 : matching.findIndex((image) => image.id === marker) + 1;
  return c.json({ images: matching.slice(begin, begin + Math.min(limit, DEFAULT_LIMIT)) });
}

/** The native list, `GET /v2/images`, with the links around it that OpenStack clients read. */
export async function listGlanceImages(c: ServiceContext, cloud: Cloud): Promise<Response> {
  const response = listImages(c, cloud);
  if (response.status !== 200) return response;
  const list = (await response.json()) as { images: Image[] };
  return c.json({ ...list, schema: '/v2/schemas/images', first: '/v2/images' });
}

/** GlanceShowImage, `GET /v2/images/{id}`: the image itself, not wrapped. */
export function showImage(c: ServiceContext, cloud: Cloud): Response {
  const id = c.req.param('imageId') ?? '';
  const image = cloud.image(id);
  if (image === undefined) {
    c.set('note', 'no such image');
    return c.json({ code: '404', title: 'Not Found', message: `No image found with ID ${id}` }, 404);
  }
  return c.json({ ...image, __is_config_init: 'true' });
}

/** Parameters that are not compared with an attribute of the same name. */
const NOT_ATTRIBUTES = new Set(['limit', 'marker', 'sort_key', 'sort_dir', 'member_status', 'flavor_id']);

function matches(filter: { [name: string]: string }, image: Image): boolean {
  return Object.entries(filter).every(([name, wanted]) => {
    if (NOT_ATTRIBUTES.has(name)) return true;
    if (name === 'tag') return image.tags.includes(wanted);
    if (name === 'enterprise_project_id') return wanted === 'all_granted_eps' || image.enterprise_project_id === wanted;
    if (name.endsWith('_at')) return matchesTime(String(image[name] ?? ''), wanted);
    const found = image[name];
    return found !== undefined && found !== null && String(found) === wanted;
  });
}

/** `gt:2018-09-06T14:03:27Z` and the like; a bare time must be equal. */
function matchesTime(found: string, wanted: string): boolean {
  const [, operator = 'eq', time = wanted] = /^(gt|gte|lt|lte|eq|neq):(.*)$/.exec(wanted) ?? [];
  const difference = Date.parse(found) - Date.parse(time);
  switch (operator) {
    case 'gt':
      return difference > 0;
    case 'gte':
      return difference >= 0;
    case 'lt':
      return difference < 0;
    case 'lte':
      return difference <= 0;
    case 'neq':
      return difference !== 0;
    default:
      return difference === 0;
  }
}

function sort(images: Image[], parameters: ReadonlyMap<string, string>): Image[] {
  const key = parameters.get('sort_key') ?? 'created_at';
  const direction = parameters.get('sort_dir') === 'asc' ? 1 : -1;
  return [...images].sort((a, b) => {
    const [left, right] = [String(a[key] ?? ''), String(b[key] ?? '')];
    return left < right ? -direction : left > right ? direction : 0;
  });
}
