import type { Db } from '../client.ts';
import { newId } from '../ids.ts';

/** A post that a source did not take. */
export interface RefusedPost {
  id: string;
  sourceId: string;
  reason: string;
  /** From where it was posted. */
  address: string;
  headers: Record<string, string>;
  /** Its start. */
  body: Buffer;
  receivedAt: Date;
}

const KEPT = 100;
const MOST_BYTES = 16 * 1024;

/** Keeps a post that was refused, and forgets those before the last hundred of its source. */
export const keepRefusedPost = async (
  db: Db,
  projectId: string,
  { body, ...post }: Omit<RefusedPost, 'id' | 'receivedAt' | 'body'> & { body: Uint8Array },
): Promise<void> => {
  const start = Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, MOST_BYTES));
  await db`
    with kept as (
      insert into refused_post (project_id, id, source_id, reason, address, headers, body)
      select ${projectId}, ${newId('inboundEvent')}, ${post.sourceId}, ${post.reason}, ${post.address}, ${db.json(post.headers)}, ${start}
      where exists (select from source where project_id = ${projectId} and id = ${post.sourceId})
    )
    delete from refused_post where source_id = ${post.sourceId} and id <= (
      select id from refused_post where source_id = ${post.sourceId} order by id desc offset ${KEPT - 1} limit 1)`;
};

/** Newest first. */
export const listRefusedPosts = (db: Db, projectId: string, sourceId: string): Promise<RefusedPost[]> =>
  db<RefusedPost[]>`
    select id, source_id, reason, address, headers, body, received_at from refused_post
    where project_id = ${projectId} and source_id = ${sourceId} order by id desc limit ${KEPT}`;
