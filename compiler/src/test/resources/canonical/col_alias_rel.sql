 SELECT x,
    y
   FROM parser_probe.u k(x, y, v, tid);
