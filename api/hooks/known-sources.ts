import { LRUCache } from 'lru-cache';
import type { Db } from '../../db/client.ts';
import type { SecretBox } from '../../db/secret-box.ts';
import { findSourceById, openSecrets, type Source, type SourceSecret } from '../../db/sources.ts';
import { providerNamed } from '../../domain/webhook-signature/registry.ts';
import type { SignedPost, Verification } from '../../domain/webhook-signature/provider.ts';

/** A source with all that proving a post takes. */
export interface KnownSource {
  source: Source;
  prove: (post: SignedPost, now: Date) => Verification;
}

const open = (source: Source, box: SecretBox): KnownSource => {
  const provider = providerNamed(source.provider);
  const settings = provider.settings.parse(source.settings);
  const secrets: SourceSecret[] = openSecrets(box, source);
  return {
    source,
    prove: (post, now) => {
      const good = secrets.filter((each) => each.until === null || Date.parse(each.until) > now.getTime());
      return provider.verify(
        post,
        good.map((each) => each.secret),
        settings,
        now.getTime(),
      );
    },
  };
};

export interface KnownSources {
  /** @param fresh read from the database, whatever is remembered; @returns null where it is unknown or inactive */
  find: (id: string, fresh?: boolean) => Promise<KnownSource | null>;
}

/** Remembers sources, since opening their secrets for each post would cost more than the post. Storing checks the revision. */
export const createKnownSources = (db: Db, box: SecretBox): KnownSources => {
  const remembered = new LRUCache<string, KnownSource>({ max: 1000 });
  return {
    find: async (id, fresh = false) => {
      const known = fresh ? undefined : remembered.get(id);
      if (known) return known;
      const source = await findSourceById(db, id);
      if (!source?.active) {
        remembered.delete(id);
        return null;
      }
      const opened = open(source, box);
      remembered.set(id, opened);
      return opened;
    },
  };
};
