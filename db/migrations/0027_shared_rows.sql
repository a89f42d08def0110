-- What rows of a batch have in common, which they name by its place: most vouchers of a file differ in their code alone.
alter table import_batch add column shared json not null default '[]';
alter table import_batch alter column shared set storage external;

-- Vouchers that wait for their import.
update import_batch b set (rows, shared) = (
  select json_agg(json_build_object('line', r.row->'line', 'code', r.row->'voucher'->'code', 'shared', r.place - 1) order by r.place),
    json_agg('{"loyaltyPoints": null}'::jsonb || (r.row->'voucher')::jsonb order by r.place)
  from json_array_elements(b.rows) with ordinality as r (row, place))
from async_action a
where a.project_id = b.project_id and a.id = b.action_id and a.type = 'VOUCHERS_IMPORT';
