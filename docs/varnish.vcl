vcl 4.1;

# Varnish in front of the endpoint: docs/cdn.md. Every line of it runs in tests/functions/cdn/.

import std;

backend lookalike {
  .host = "127.0.0.1";
  .port = "8000";
}

# Who may purge.
acl purgers {
  "127.0.0.1";
  "::1";
}

sub vcl_recv {
  # PURGE with Surrogate-Key: TAG [TAG ...] forgets everything that has one of these tags.
  if (req.method == "PURGE") {
    if (client.ip !~ purgers) {
      return (synth(403));
    }
    if (req.http.Surrogate-Key !~ "^[A-Za-z0-9_.-]+( [A-Za-z0-9_.-]+)*$") {
      return (synth(400, "Surrogate-Key must name tags"));
    }
    set req.http.X-Tags = regsuball(regsuball(req.http.Surrogate-Key, "\.", "\."), " ", "|");
    ban("obj.http.Surrogate-Key ~ (^|\s)(" + req.http.X-Tags + ")(\s|$)");
    return (synth(200, "Purged"));
  }

  # The order of parameters means nothing, and the endpoint reads no cookies.
  set req.url = std.querysort(req.url);
  unset req.http.Cookie;

  # With PUBLIC_LOOKUP=true embeddings are the same for everybody, also for pages that send their key. Everything else
  # that is asked with a key goes through.
  if ((req.method == "GET" || req.method == "HEAD") && req.url ~ "^/v1/embeddings/") {
    unset req.http.Authorization;
  }
}

sub vcl_backend_response {
  # They are of the request that was answered first.
  if (beresp.ttl > 0s) {
    unset beresp.http.X-Request-Id;
    unset beresp.http.Server-Timing;
  }
}

sub vcl_deliver {
  set resp.http.X-Cache-Hits = obj.hits;
}
