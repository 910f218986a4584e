import type { Cloud } from '../cloud';
import type { ServiceContext } from '../http-service';
import { queryParameters } from '../wire';

/** `GET /v3/projects?name=`: the one project of the account bears the name of the region, as SDKs expect of it. */
export function listProjects(c: ServiceContext, cloud: Cloud): Response {
  const { projectId, region, domain } = cloud.state;
  const self = `http://${c.get('request').host}/v3/projects`;
  const project = {
    id: projectId,
    name: region,
    domain_id: domain.id,
    parent_id: domain.id,
    is_domain: false,
    enabled: true,
    description: '',
    links: { self: `${self}/${projectId}` },
  };
  const filter = new Map(queryParameters(c.get('request').query));
  const wanted = (name: string, value: string) => !filter.has(name) || filter.get(name) === value;
  const projects = wanted('name', region) && wanted('domain_id', domain.id) ? [project] : [];
  return c.json({ projects, links: { self, next: null, previous: null } });
}

/** `GET /v3/auth/domains`, by which SDKs with global credentials find the account. */
export function listDomains(c: ServiceContext, cloud: Cloud): Response {
  const { domain } = cloud.state;
  const self = `http://${c.get('request').host}/v3/auth/domains`;
  const links = { self: `http://${c.get('request').host}/v3/domains/${domain.id}` };
  return c.json({
    domains: [{ ...domain, enabled: true, description: '', links }],
    links: { self, next: null, previous: null },
  });
}
