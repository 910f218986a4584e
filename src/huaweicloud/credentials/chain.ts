import type { Credentials } from './credentials';
import { CredentialsError } from './credentials';
import type { ClientResources, CredentialsProvider } from './provider';

/** One source of a {@link chain}. */
export interface ChainLink {
  /** Such as `the environment`. */
  name: string;
  /** Why the source is passed over; undefined when it is configured, and then no other source is tried. */
  passedOver(): string | undefined;
  provider: CredentialsProvider;
}

/**
 * The first source that is configured, determined for each call. When it fails, the next one is not tried:
 * that would export with other permissions.
 */
export function chain(links: readonly ChainLink[]): CredentialsProvider {
  const configured = (): CredentialsProvider => {
    const passedOver: string[] = [];
    for (const { name, passedOver: why, provider } of links) {
      const reason = why();
      if (reason === undefined) return provider;
      passedOver.push(`${name}: ${reason}`);
    }
    throw new CredentialsError(
      `no source of credentials is configured.\n${passedOver.map((line) => `  ${line}`).join('\n')}`,
      'notConfigured',
    );
  };
  return {
    get: async () => configured().get(),
    refresh: async (refused: Credentials) => configured().refresh?.(refused),
    describe: () => {
      const link = links.find(({ passedOver }) => passedOver() === undefined);
      return link?.provider.describe?.() ?? link?.name ?? 'no source that is configured';
    },
    forClient: (resources: ClientResources) =>
      chain(links.map((link) => ({ ...link, provider: link.provider.forClient?.(resources) ?? link.provider }))),
  };
}
