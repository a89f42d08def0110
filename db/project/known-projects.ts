import { LRUCache } from 'lru-cache';
import type { Db } from '../client.ts';
import { findProject, type Project } from './projects.ts';

/** A project hardly ever changes, and each step would read it. */
const KEPT_MS = 5_000;

export interface KnownProjects {
  /** The project as it was at most some seconds ago. */
  get: (db: Db, id: string) => Promise<Project | null>;
}

export const createKnownProjects = (): KnownProjects => {
  const known = new LRUCache<string, Project>({ max: 200, ttl: KEPT_MS });
  return {
    get: async (db, id) => {
      const project = known.get(id) ?? (await findProject(db, id));
      if (project !== null && !known.has(id)) known.set(id, project);
      return project;
    },
  };
};
