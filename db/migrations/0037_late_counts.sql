-- Adds to counters that nobody looked at before, one after the other in the order given, where each has the room that was taken for granted: the
-- last statement of a transaction, so that the next waits for its commit alone. Where a counter is missing, has too little room, or sessions
-- hold something of it, the transaction fails with CR001 and has to look first.
create function count_late(project text, keys text[], additions bigint[], needed bigint[], most bigint[], at timestamptz) returns void language plpgsql as $$
begin
  for i in 1 .. coalesce(array_length(keys, 1), 0) loop
    update counter c set value = c.value + additions[i]
    where c.project_id = project and c.key = keys[i] and c.value + needed[i] <= most[i] and (c.locked_until is null or c.locked_until <= at);
    if not found then
      raise exception 'the counter % has to be looked at first', keys[i] using errcode = 'CR001';
    end if;
  end loop;
end
$$;
