import { LRUCache } from 'lru-cache';
import type { Db } from '../../db/client.ts';
import { readRules } from '../../db/validation-rules/validation-rules.ts';
import { compileRule } from '../../domain/validation-rules/compile.ts';
import type { AssignedRule } from '../../domain/validation-rules/rule.ts';

/** The rules that rows name, by `<id>@<revision>`. A revision never changes, so what is kept is never stale. */
export type RuleCache = ReturnType<typeof createRuleCache>;

const NONE: readonly AssignedRule[] = [];

export const createRuleCache = ({ max = 5_000 }: { max?: number } = {}) => {
  const kept = new LRUCache<string, AssignedRule>({ max });
  const keyOf = (projectId: string, ref: string): string => `${projectId} ${ref}`;

  return {
    /** Reads those that this process has not seen yet. */
    load: async (db: Db, projectId: string, refs: Iterable<string>): Promise<void> => {
      const missing = [...new Set(refs)].filter((ref) => !kept.has(keyOf(projectId, ref)));
      if (missing.length === 0) return;
      for (const { id, revision, definition } of await readRules(db, projectId, missing.map(revisionOf))) {
        kept.set(keyOf(projectId, `${id}@${revision}`), { id, revision, ...compileRule(definition) });
      }
    },

    /** The rules of these refs, which were loaded. One that was deleted since then counts no more. */
    rulesOf: (projectId: string, refs: readonly string[] | null): readonly AssignedRule[] =>
      refs === null ? NONE : refs.flatMap((ref) => kept.get(keyOf(projectId, ref)) ?? []),
  };
};

const revisionOf = (ref: string): { id: string; revision: number } => {
  const at = ref.lastIndexOf('@');
  return { id: ref.slice(0, at), revision: Number(ref.slice(at + 1)) };
};
