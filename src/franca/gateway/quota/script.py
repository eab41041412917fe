"""What Redis does in one step: let a request in, count it out, fill in what was spent. In Redis' own Lua.

    {franca}:key:ID, {franca}:team:NAME
                     an account (hash): w the newest second, rs and ts the sums of its window, r0..r59 and t0..t59 the
                     seconds of it; d ds dh, m ms mh, os oh: day, month and ever, spent and held; s: the store was asked
    ...:running      its requests under way (hash): id -> instance|day|month|second|held|kind
    ...:dearest      of a key: kind -> period|dearest|dearest of the period before (hash)
    {franca}:alive   instances by the moment their lease ends (sorted set), on Redis' clock
    ...:gone:ID      a request that was ended without a word whether it had come in: for it there is no way in any more

The decisions are those of `account.py`, and tests hold both against one model. All keys carry one hash tag, because one
step sees a key, its team and the instances. Numbers are whole and below 2^53.
"""

from __future__ import annotations

__all__ = ["ALIVE", "GIVE", "SEED", "TAKE"]

_ACCOUNT = """
local call = redis.call
local function int(x) return string.format('%.0f', x) end
local function split(v)
  local i, d, m, s, h, k = string.match(v, '^([^|]*)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|(.*)$')
  return i, tonumber(d), tonumber(m), tonumber(s), tonumber(h), k
end
local function join(i, d, m, s, h, k)
  return i .. '|' .. int(d) .. '|' .. int(m) .. '|' .. int(s) .. '|' .. int(h) .. '|' .. k
end

-- The account at this moment: what is older than the window leaves it, a new day and month begin at nothing.
local function turned(name, second, day, month)
  local v = call('HMGET', name, 'w', 'rs', 'ts', 'd', 'ds', 'dh', 'm', 'ms', 'mh', 'os', 'oh', 's')
  local a = {name = name, w = tonumber(v[1]), rs = tonumber(v[2] or 0), ts = tonumber(v[3] or 0),
    d = tonumber(v[4]), ds = tonumber(v[5] or 0), dh = tonumber(v[6] or 0), m = tonumber(v[7]),
    ms = tonumber(v[8] or 0), mh = tonumber(v[9] or 0), os = tonumber(v[10] or 0), oh = tonumber(v[11] or 0),
    s = v[12]}
  if a.w and a.w ~= second then
    local gone = {}
    if second - a.w >= 60 or a.w - second >= 60 then
      for i = 0, 59 do gone[#gone + 1] = 'r' .. i; gone[#gone + 1] = 't' .. i end
      a.rs, a.ts, a.w = 0, 0, second
    elseif second > a.w then
      for s = a.w - 59, second - 60 do gone[#gone + 1] = 'r' .. (s % 60); gone[#gone + 1] = 't' .. (s % 60) end
      local old = call('HMGET', name, unpack(gone))
      for i = 1, #gone, 2 do a.rs = a.rs - tonumber(old[i] or 0); a.ts = a.ts - tonumber(old[i + 1] or 0) end
      a.w = second
    end
    if #gone > 0 then
      call('HDEL', name, unpack(gone))
      call('HSET', name, 'w', int(a.w), 'rs', int(a.rs), 'ts', int(a.ts))
    end
  end
  a.w = a.w or second
  if not a.d or day > a.d or day < a.d - 1 then
    if a.d and day < a.d then a.s = false; call('HDEL', name, 's') end
    a.d, a.ds, a.dh = day, 0, 0
    if a.m ~= month then a.m, a.ms, a.mh = month, 0, 0 end
    if a.s then
      call('HSET', name, 'd', int(a.d), 'ds', 0, 'dh', 0, 'm', int(a.m), 'ms', int(a.ms), 'mh', int(a.mh))
    end
  end
  return a
end

-- Money: held and spent of a request of this day.
local function move(a, day, month, held, spent)
  if not a.s or (held == 0 and spent == 0) then return end
  if day == a.d then
    a.dh, a.ds = a.dh + held, a.ds + spent
    call('HSET', a.name, 'dh', int(a.dh), 'ds', int(a.ds))
  end
  if month == a.m then
    a.mh, a.ms = a.mh + held, a.ms + spent
    call('HSET', a.name, 'mh', int(a.mh), 'ms', int(a.ms))
  end
  a.oh, a.os = a.oh + held, a.os + spent
  call('HSET', a.name, 'oh', int(a.oh), 'os', int(a.os))
end
"""

TAKE = (
    _ACCOUNT
    + """
-- KEYS: alive, own, own:running, own:dearest [, team, team:running]
-- ARGV: id, instance, lease, second, day, month, tokens, asked, capped, kind, period, budget of either,
--       then rpm tpm parallel day month total (-1: none), seconds to keep; of the key, and of the team
local id, instance, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
local second, day, month = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local tokens, asked, kind, period = tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[10], tonumber(ARGV[11])
local time = call('TIME')
local clock = tonumber(time[1]) + tonumber(time[2]) / 1e6

local function bounds(at)
  local b = {}
  for i, n in ipairs({'rpm', 'tpm', 'parallel', 'day', 'month', 'total', 'keep'}) do
    local x = tonumber(ARGV[at + i])
    b[n] = x >= 0 and x or false
  end
  b.budget = b.day or b.month or b.total
  return b
end

-- It was given up before it came here.
if call('EXISTS', KEYS[1] .. ':gone:' .. id) == 1 then return {-2} end

local subjects = {{a = turned(KEYS[2], second, day, month), f = KEYS[3], b = bounds(12)}}
if KEYS[5] then subjects[2] = {a = turned(KEYS[5], second, day, month), f = KEYS[6], b = bounds(19)} end
local missing = 0
for i, x in ipairs(subjects) do if x.b.budget and not x.a.s then missing = missing + i end end
if missing > 0 then return {-1, missing} end

local need, wary = asked, false
if ARGV[12] == '1' then
  local known
  local entry = call('HGET', KEYS[4], kind)
  if entry then
    local p, now, before = string.match(entry, '(%d+)|(%d+)|(%d+)')
    local age = period - tonumber(p)
    if age <= 0 then known = math.max(tonumber(now), tonumber(before)) elseif age == 1 then known = tonumber(now) end
  end
  wary = not known and ARGV[9] ~= '1'
  need = math.max(need, known or 0)
end

-- What instances held that are dead: at most once a second for an account, and only when something does not fit.
local function bury(x)
  local last = tonumber(call('HGET', x.a.name, 'p') or 0)
  if last <= clock and clock < last + 1 then return false end
  call('HSET', x.a.name, 'p', clock)
  local dead, all, found = {}, call('HGETALL', x.f), false
  for i = 1, #all, 2 do
    local owner, d, m, s, h = split(all[i + 1])
    if dead[owner] == nil then
      local ends = call('ZSCORE', KEYS[1], owner)
      dead[owner] = not ends or tonumber(ends) < clock
    end
    if dead[owner] then
      call('HDEL', x.f, all[i])
      move(x.a, d, m, -h, 0)
      found = true
    end
  end
  return found
end

local function wait(a, letter, much)
  for s = a.w - 59, a.w do
    much = much - tonumber(call('HGET', a.name, letter .. (s % 60)) or 0)
    if much <= 0 then return s + 60 end
  end
  return a.w + 60
end

local function refusal(i, x)
  local a, b = x.a, x.b
  if need > 0 and b.budget then
    local periods = {{b.day, a.ds, a.dh}, {b.month, a.ms, a.mh}, {b.total, a.os, a.oh}}
    for n, p in ipairs(periods) do
      if p[1] and p[2] + need > p[1] then return {1, i, n, p[1], p[2], need} end
    end
    for n, p in ipairs(periods) do
      if p[1] and (p[2] + p[3] + need > p[1] or (wary and p[3] > 0 and (p[3] + need) * 4 > p[1] - p[2])) then
        return {2, i, n, p[1]}
      end
    end
  end
  if b.parallel and call('HLEN', x.f) >= b.parallel then return {3, i, b.parallel} end
  if b.rpm and a.rs >= b.rpm then return {4, i, b.rpm, wait(a, 'r', a.rs + 1 - b.rpm)} end
  if b.tpm and a.ts + tokens > b.tpm then
    if tokens > b.tpm then return {5, i, b.tpm} end
    return {6, i, b.tpm, b.tpm - a.ts, wait(a, 't', a.ts + tokens - b.tpm)}
  end
  return nil
end

for i, x in ipairs(subjects) do
  local no = refusal(i, x)
  if no and (no[1] == 2 or no[1] == 3) and bury(x) then no = refusal(i, x) end
  if no then return no end
end
call('ZADD', KEYS[1], clock + lease, instance)
for i, x in ipairs(subjects) do
  local a = x.a
  a.rs, a.ts = a.rs + 1, a.ts + tokens
  call('HINCRBY', a.name, 'r' .. (a.w % 60), 1)
  if tokens > 0 then call('HINCRBY', a.name, 't' .. (a.w % 60), int(tokens)) end
  call('HSET', a.name, 'w', int(a.w), 'rs', int(a.rs), 'ts', int(a.ts))
  local held = a.s and need or 0
  move(a, day, month, held, 0)
  call('HSET', x.f, id, join(instance, day, month, a.w, held, kind))
  call('EXPIRE', x.f, 86400)
  call('EXPIRE', a.name, a.s and math.max(x.b.keep, 3456000) or x.b.keep)
end
local t = subjects[2] and subjects[2].a or {rs = 0, ts = 0}
return {0, subjects[1].a.rs, subjects[1].a.ts, t.rs, t.ts}
"""
)

GIVE = (
    _ACCOUNT
    + """
-- KEYS: alive, own, own:running, own:dearest [, team, team:running]
-- ARGV: id, again, amount (-1: what was held), asked, more, day, month, second now, day now, month now, learns, period,
--       kind
local id, again, amount, asked = ARGV[1], ARGV[2] == '1', tonumber(ARGV[3]), tonumber(ARGV[4])
local more, day, month = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local second, kind = tonumber(ARGV[8]), ARGV[13]

-- What was sent twice is done once, in whatever order both arrive; and what it ends cannot come in behind it.
local gone = KEYS[1] .. ':gone:' .. id
local is_there = call('HEXISTS', KEYS[3], id) == 1
if not is_there and call('EXISTS', gone) == 1 then return 0 end
if again then
  call('SET', gone, 1, 'EX', 900)
  if not is_there then return 0 end
end

for i = 2, #KEYS, 3 do
  local name, f = KEYS[i], KEYS[i + 1]
  local entry = call('HGET', f, id)
  if entry then call('HDEL', f, id) end
  if call('EXISTS', name) == 1 then
    local a = turned(name, second, tonumber(ARGV[9]), tonumber(ARGV[10]))
    local held, at = 0, -1
    if entry then
      local _
      _, _, _, at, held = split(entry)
    end
    local spent = amount
    if amount < 0 then spent = (entry and a.s) and held or asked end
    move(a, day, month, -held, spent)
    if entry and more ~= 0 then
      if at <= a.w and a.w - at < 60 then
        call('HINCRBY', name, 't' .. (at % 60), int(more))
        call('HINCRBY', name, 'ts', int(more))
      elseif more > 0 then
        call('HINCRBY', name, 't' .. (a.w % 60), int(more))
        call('HINCRBY', name, 'ts', int(more))
        call('HSET', name, 'w', int(a.w))
      end
    end
  end
end
if ARGV[11] ~= '1' then return 1 end

-- What it cost tells what others of its kind may.
local period, over = tonumber(ARGV[12]), amount > asked and amount or 0
local p, now, before = 0, 0, 0
local entry = call('HGET', KEYS[4], kind)
if entry then
  p, now, before = string.match(entry, '(%d+)|(%d+)|(%d+)')
  p, now, before = tonumber(p), tonumber(now), tonumber(before)
elseif call('HLEN', KEYS[4]) >= 64 then
  call('HDEL', KEYS[4], call('HKEYS', KEYS[4])[1])
end
if p ~= period then
  if p == period - 1 then before = now else before = 0 end
  now = 0
end
local dearer = over > now and over > before
now = math.max(now, over)
call('HSET', KEYS[4], kind, int(period) .. '|' .. int(now) .. '|' .. int(before))
call('EXPIRE', KEYS[4], 900)
if not dearer then return 1 end
local own = turned(KEYS[2], second, tonumber(ARGV[9]), tonumber(ARGV[10]))
local team = KEYS[5] and turned(KEYS[5], second, tonumber(ARGV[9]), tonumber(ARGV[10]))
local all = call('HGETALL', KEYS[3])
for i = 1, #all, 2 do
  local lists = {{own, KEYS[3], all[i + 1]}}
  if team then lists[2] = {team, KEYS[6], call('HGET', KEYS[6], all[i])} end
  for _, x in ipairs(lists) do
    if x[3] then
      local owner, d, m, s, h, k = split(x[3])
      if k == kind and h < over and x[1].s then
        call('HSET', x[2], all[i], join(owner, d, m, s, over, k))
        move(x[1], d, m, over - h, 0)
      end
    end
  end
end
return 1
"""
)

SEED = (
    _ACCOUNT
    + """
-- KEYS: account. ARGV: second, day, month, spent of the day, of the month, ever; what is more here, stays.
local a = turned(KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]))
if tonumber(ARGV[2]) == a.d then a.ds = math.max(a.ds, tonumber(ARGV[4])) end
if tonumber(ARGV[3]) == a.m then a.ms = math.max(a.ms, tonumber(ARGV[5])) end
a.os = math.max(a.os, tonumber(ARGV[6]))
call('HSET', KEYS[1], 's', 1, 'd', int(a.d), 'ds', int(a.ds), 'dh', int(a.dh), 'm', int(a.m), 'ms', int(a.ms),
  'mh', int(a.mh), 'os', int(a.os), 'oh', int(a.oh))
call('EXPIRE', KEYS[1], 3456000)
return 1
"""
)

ALIVE = """
-- KEYS: alive. ARGV: instance, lease (0: it ends). Those that are dead for long are forgotten.
local time = redis.call('TIME')
local clock = tonumber(time[1]) + tonumber(time[2]) / 1e6
if ARGV[2] == '0' then return redis.call('ZREM', KEYS[1], ARGV[1]) end
redis.call('ZADD', KEYS[1], clock + tonumber(ARGV[2]), ARGV[1])
return redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', clock - 86400)
"""
