import { LRUCache } from 'lru-cache';
import { compileJourney, type CompiledJourney } from '../../domain/journey/compile.ts';
import type { Db } from '../client.ts';
import { loadVersions, type VersionRef } from './journeys.ts';

/** A version as it runs. */
export interface JourneyVersion {
  journeyId: string;
  version: number;
  key: string;
  name: string;
  /** {template key: version} */
  templates: Record<string, number>;
  compiled: CompiledJourney;
}

export interface JourneyVersions {
  /** Loads versions that exist. */
  get: (db: Db, refs: VersionRef[]) => Promise<(ref: VersionRef) => JourneyVersion>;
}

const keyOf = (ref: VersionRef): string => `${ref.projectId} ${ref.journeyId} ${ref.version}`;

/** Versions never change, so a process compiles each once and keeps what it used last. */
export const createJourneyVersions = (most = 500): JourneyVersions => {
  const cache = new LRUCache<string, JourneyVersion>({ max: most });
  return {
    async get(db, refs) {
      const wanted = new Map(refs.map((ref) => [keyOf(ref), ref]));
      const found = new Map<string, JourneyVersion>();
      const missing: VersionRef[] = [];
      for (const [key, ref] of wanted) {
        const known = cache.get(key);
        if (known === undefined) missing.push(ref);
        else found.set(key, known);
      }
      for (const row of missing.length === 0 ? [] : await loadVersions(db, missing)) {
        const version: JourneyVersion = {
          journeyId: row.journeyId,
          version: row.version,
          key: row.key,
          name: row.name,
          templates: row.templates,
          compiled: compileJourney(row.definition).journey,
        };
        cache.set(keyOf(row), version);
        found.set(keyOf(row), version);
      }
      return (ref) => {
        const version = found.get(keyOf(ref));
        if (version === undefined) throw new Error(`there is no version ${ref.version} of the journey ${ref.journeyId}`);
        return version;
      };
    },
  };
};
