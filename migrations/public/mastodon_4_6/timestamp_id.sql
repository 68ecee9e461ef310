-- Ids that sort by time: 48 bits of milliseconds, then 16 bits that cannot be guessed from outside.
--
-- The lower bits start at a hash of table, secret and time, and count up with the table's sequence,
-- so that rows of one millisecond differ. The secret is drawn here, once, and is part of the
-- function; hence an existing function is never replaced.
do $make$
begin
    execute format(
        $function$
        create function timestamp_id(table_name text) returns bigint language plpgsql as $body$
        declare
            -- The cast rounds to the nearest millisecond.
            time_part bigint := (date_part('epoch', now()) * 1000)::bigint << 16;
            hash text := md5(table_name || %L || time_part::text);
            base bigint := ('x' || left(hash, 4))::bit(16)::bigint;
        begin
            return time_part | ((base + nextval(table_name || '_id_seq')) & 65535);
        end
        $body$
        $function$,
        md5(gen_random_uuid()::text || gen_random_uuid()::text)
    );
end
$make$;
