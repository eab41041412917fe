// Whether the operator lets a person add a server. The gateway decides; this only says it before it is tried.

/** "" when an address is allowed, else the key of the text that says why not. */
export function allowed(address: string, origins: readonly string[]): string {
  let url: URL;
  try {
    url = new URL(address.trim());
  } catch {
    return 'settings.server_no_url';
  }
  if (!/^https?:$/.test(url.protocol) || url.username || url.password || url.hash || url.search) {
    return 'settings.server_no_url';
  }
  const fits = origins.some((origin) => {
    if (origin === '*') return url.protocol === 'https:';
    const [scheme, host = ''] = origin.split('://');
    if (`${scheme}:` !== url.protocol) return false;
    const own = url.host;
    return host.startsWith('*.') ? own.endsWith(host.slice(1)) : own === host;
  });
  return fits ? '' : 'settings.server_not_allowed';
}
