import { LRUCache } from 'lru-cache';
import type { Db } from '../../db/client.ts';
import type { SecretBox } from '../../db/secret-box.ts';
import { findSourceById, openSecrets, type Source } from '../../db/source/sources.ts';
import { providerNamed } from '../../domain/webhook/signature/registry.ts';
import type { SignedPost, Verification, WebhookProvider } from '../../domain/webhook/signature/provider.ts';

/** A source with all that proving a post takes. */
export interface KnownSource {
  source: Source;
  provider: WebhookProvider;
  /** Headers that hold its secret, besides those that hold everybody's. */
  credentialHeaders: string[];
  prove: (post: SignedPost, now: Date) => Promise<Verification>;
}

export interface KnownSources {
  /** @param fresh read from the database, whatever is remembered; @returns null where it is unknown or inactive */
  find: (id: string, fresh?: boolean) => Promise<KnownSource | null>;
}

/**
 * Remembers sources, since opening their secrets for each post would cost more than the post. Storing checks the revision.
 * @param certificateAt fetches a certificate, in PEM
 */
export const createKnownSources = (db: Db, box: SecretBox, certificateAt: (url: string) => Promise<string>): KnownSources => {
  const remembered = new LRUCache<string, KnownSource>({ max: 1000 });

  const open = (source: Source): KnownSource => {
    const provider = providerNamed(source.provider);
    const settings: unknown = provider.settings.parse(source.settings);
    const secrets = openSecrets(box, source);
    return {
      source,
      provider,
      credentialHeaders: provider.credentialHeaders?.(settings) ?? [],
      prove: async (post, now) => {
        const good = secrets.filter((each) => each.until === null || Date.parse(each.until) > now.getTime()).map((each) => each.secret);
        const url = provider.certificateUrl?.(post, settings) ?? null;
        const certificate = url === null ? undefined : await certificateAt(url);
        return provider.verify(post, good, settings, now.getTime(), certificate);
      },
    };
  };

  return {
    find: async (id, fresh = false) => {
      const known = fresh ? undefined : remembered.get(id);
      if (known) return known;
      const source = await findSourceById(db, id);
      if (!source?.active) {
        remembered.delete(id);
        return null;
      }
      const opened = open(source);
      remembered.set(id, opened);
      return opened;
    },
  };
};
