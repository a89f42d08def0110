import type { Db } from '../client.ts';

/** A customer who is known by an address. */
interface Addressee {
  id: string;
  clockOffsetMs: number;
}

/** The customers of these addresses, by the address in lower case; of several with one address the one who was known first. */
export const findAddressees = async (db: Db, projectId: string, emails: string[]): Promise<Map<string, Addressee>> => {
  if (emails.length === 0) return new Map();
  const rows = await db<(Addressee & { email: string })[]>`
    select distinct on (lower(email)) lower(email) as email, id, clock_offset_ms from customer
    where lower(email) = any(${emails.map((email) => email.toLowerCase())}::text[]) and project_id = ${projectId} and email is not null
    order by lower(email), id`;
  return new Map(rows.map(({ email, ...addressee }) => [email, addressee]));
};
