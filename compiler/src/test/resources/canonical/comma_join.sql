 SELECT t.id
   FROM parser_probe.t,
    parser_probe.u,
    parser_probe.w
  WHERE ((t.id = u.tid) AND (u.id = w.id));
