;; The two passes of resize.ts, in integers: weighted sums of pixels, 8 bits each, with weights of 22 bits. A weight is two
;; numbers of 16 bits, weight = high * 4096 + low, since there is an instruction for sums of products of such pairs; so
;; nothing is rounded before the end. And the plainer means of average_rows.ts. resize_kernel.wasm is this file, assembled by
;; wabt (tests/shared/image/resize_test.ts does it again and compares).
;;
;; $weights of the two passes is a table of one entry after another, one for each sample that is made: i32 where its first
;; input sample begins, i32 how many groups of input samples it has, and for each group what "rows" and "columns" say.
(module
  (memory (export "memory") 1)

  ;; Half of a unit is added, and what is below a unit is cut off.
  (func $round (param $high v128) (param $low v128) (result v128)
    (i32x4.shr_s
      (i32x4.add
        (i32x4.add (i32x4.shl (local.get $high) (i32.const 12)) (local.get $low))
        (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
      (i32.const 22)))

  ;; One row of RGB pixels becomes one of $width. A group is four pixels: high and low of the first two, then of the
  ;; others, i16 each. Up to 15 bytes after $row are read, and one after $out is written.
  (func (export "rows") (param $row i32) (param $weights i32) (param $out i32) (param $width i32)
    (local $end i32) (local $from i32) (local $groups i32)
    (local $pixels v128) (local $pair v128) (local $high v128) (local $low v128)
    (local.set $end (i32.add (local.get $out) (i32.mul (local.get $width) (i32.const 3))))
    (loop $pixel
      (local.set $from (i32.add (local.get $row) (i32.load (local.get $weights))))
      (local.set $groups (i32.load offset=4 (local.get $weights)))
      (local.set $weights (i32.add (local.get $weights) (i32.const 8)))
      (local.set $high (v128.const i32x4 0 0 0 0))
      (local.set $low (v128.const i32x4 0 0 0 0))
      (loop $group
        (local.set $pixels (v128.load (local.get $from)))
        ;; Two pixels side by side, as 16 bits: R R, G G, B B.
        (local.set $pair (i8x16.swizzle (local.get $pixels)
          (v128.const i8x16 0 -1 3 -1 1 -1 4 -1 2 -1 5 -1 -1 -1 -1 -1)))
        (local.set $high (i32x4.add (local.get $high)
          (i32x4.dot_i16x8_s (local.get $pair) (v128.load32_splat (local.get $weights)))))
        (local.set $low (i32x4.add (local.get $low)
          (i32x4.dot_i16x8_s (local.get $pair) (v128.load32_splat offset=4 (local.get $weights)))))
        (local.set $pair (i8x16.swizzle (local.get $pixels)
          (v128.const i8x16 6 -1 9 -1 7 -1 10 -1 8 -1 11 -1 -1 -1 -1 -1)))
        (local.set $high (i32x4.add (local.get $high)
          (i32x4.dot_i16x8_s (local.get $pair) (v128.load32_splat offset=8 (local.get $weights)))))
        (local.set $low (i32x4.add (local.get $low)
          (i32x4.dot_i16x8_s (local.get $pair) (v128.load32_splat offset=12 (local.get $weights)))))
        (local.set $from (i32.add (local.get $from) (i32.const 12)))
        (local.set $weights (i32.add (local.get $weights) (i32.const 16)))
        (br_if $group (local.tee $groups (i32.sub (local.get $groups) (i32.const 1)))))
      (local.set $high (call $round (local.get $high) (local.get $low)))
      (local.set $high (i16x8.narrow_i32x4_s (local.get $high) (local.get $high)))
      (v128.store32_lane 0 (local.get $out) (i8x16.narrow_i16x8_u (local.get $high) (local.get $high)))
      (local.set $out (i32.add (local.get $out) (i32.const 3)))
      (br_if $pixel (i32.lt_u (local.get $out) (local.get $end)))))

  ;; Some rows become one, as its entry at $weights says. A group is two rows: their highs and their lows, i16 each.
  ;; $stride, the length of a row in bytes, is a multiple of 16.
  (func (export "columns") (param $rows i32) (param $stride i32) (param $weights i32) (param $out i32)
    (local $end i32) (local $groups i32) (local $from i32) (local $group i32) (local $w v128)
    (local $a v128) (local $b v128) (local $x v128)
    (local $h0 v128) (local $h1 v128) (local $h2 v128) (local $h3 v128)
    (local $l0 v128) (local $l1 v128) (local $l2 v128) (local $l3 v128)
    (local.set $end (i32.add (local.get $out) (local.get $stride)))
    (loop $sixteen
      (local.set $from (local.get $rows))
      (local.set $group (i32.add (local.get $weights) (i32.const 8)))
      (local.set $groups (i32.load offset=4 (local.get $weights)))
      (local.set $h0 (v128.const i32x4 0 0 0 0))
      (local.set $h1 (v128.const i32x4 0 0 0 0))
      (local.set $h2 (v128.const i32x4 0 0 0 0))
      (local.set $h3 (v128.const i32x4 0 0 0 0))
      (local.set $l0 (v128.const i32x4 0 0 0 0))
      (local.set $l1 (v128.const i32x4 0 0 0 0))
      (local.set $l2 (v128.const i32x4 0 0 0 0))
      (local.set $l3 (v128.const i32x4 0 0 0 0))
      (loop $two
        (local.set $a (v128.load (local.get $from)))
        (local.set $from (i32.add (local.get $from) (local.get $stride)))
        (local.set $x (v128.load (local.get $from)))
        (local.set $from (i32.add (local.get $from) (local.get $stride)))
        (local.set $b (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $a) (local.get $x)))
        (local.set $a (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $a) (local.get $x)))
        (local.set $w (v128.load32_splat (local.get $group)))
        (local.set $x (i16x8.extend_low_i8x16_u (local.get $a)))
        (local.set $h0 (i32x4.add (local.get $h0) (i32x4.dot_i16x8_s (local.get $x) (local.get $w))))
        (local.set $x (i16x8.extend_high_i8x16_u (local.get $a)))
        (local.set $h1 (i32x4.add (local.get $h1) (i32x4.dot_i16x8_s (local.get $x) (local.get $w))))
        (local.set $x (i16x8.extend_low_i8x16_u (local.get $b)))
        (local.set $h2 (i32x4.add (local.get $h2) (i32x4.dot_i16x8_s (local.get $x) (local.get $w))))
        (local.set $x (i16x8.extend_high_i8x16_u (local.get $b)))
        (local.set $h3 (i32x4.add (local.get $h3) (i32x4.dot_i16x8_s (local.get $x) (local.get $w))))
        (local.set $w (v128.load32_splat offset=4 (local.get $group)))
        (local.set $l3 (i32x4.add (local.get $l3) (i32x4.dot_i16x8_s (local.get $x) (local.get $w))))
        (local.set $x (i16x8.extend_low_i8x16_u (local.get $b)))
        (local.set $l2 (i32x4.add (local.get $l2) (i32x4.dot_i16x8_s (local.get $x) (local.get $w))))
        (local.set $x (i16x8.extend_high_i8x16_u (local.get $a)))
        (local.set $l1 (i32x4.add (local.get $l1) (i32x4.dot_i16x8_s (local.get $x) (local.get $w))))
        (local.set $x (i16x8.extend_low_i8x16_u (local.get $a)))
        (local.set $l0 (i32x4.add (local.get $l0) (i32x4.dot_i16x8_s (local.get $x) (local.get $w))))
        (local.set $group (i32.add (local.get $group) (i32.const 8)))
        (br_if $two (local.tee $groups (i32.sub (local.get $groups) (i32.const 1)))))
      (v128.store (local.get $out) (i8x16.narrow_i16x8_u
        (i16x8.narrow_i32x4_s
          (call $round (local.get $h0) (local.get $l0)) (call $round (local.get $h1) (local.get $l1)))
        (i16x8.narrow_i32x4_s
          (call $round (local.get $h2) (local.get $l2)) (call $round (local.get $h3) (local.get $l3)))))
      (local.set $rows (i32.add (local.get $rows) (i32.const 16)))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (br_if $sixteen (i32.lt_u (local.get $out) (local.get $end)))))

  ;; Some rows become one: $weights has one of i16 for each of $count rows, 128 all together. Rows are $stride bytes apart; up
  ;; to 31 bytes after the last one are read, and after $out + $stride written.
  (func (export "average")
    (param $rows i32) (param $stride i32) (param $weights i32) (param $count i32) (param $out i32)
    (local $end i32) (local $last i32) (local $from i32) (local $weight i32) (local $w v128) (local $x v128)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128)
    (local.set $end (i32.add (local.get $out) (local.get $stride)))
    (local.set $last (i32.add (local.get $weights) (i32.shl (local.get $count) (i32.const 1))))
    (loop $thirty_two
      (local.set $from (local.get $rows))
      (local.set $weight (local.get $weights))
      (local.set $s0 (v128.const i16x8 64 64 64 64 64 64 64 64))
      (local.set $s1 (local.get $s0))
      (local.set $s2 (local.get $s0))
      (local.set $s3 (local.get $s0))
      (loop $row
        (local.set $w (v128.load16_splat (local.get $weight)))
        (local.set $x (v128.load (local.get $from)))
        (local.set $s0 (i16x8.add (local.get $s0) (i16x8.mul (i16x8.extend_low_i8x16_u (local.get $x)) (local.get $w))))
        (local.set $s1 (i16x8.add (local.get $s1) (i16x8.mul (i16x8.extend_high_i8x16_u (local.get $x)) (local.get $w))))
        (local.set $x (v128.load offset=16 (local.get $from)))
        (local.set $s2 (i16x8.add (local.get $s2) (i16x8.mul (i16x8.extend_low_i8x16_u (local.get $x)) (local.get $w))))
        (local.set $s3 (i16x8.add (local.get $s3) (i16x8.mul (i16x8.extend_high_i8x16_u (local.get $x)) (local.get $w))))
        (local.set $from (i32.add (local.get $from) (local.get $stride)))
        (local.set $weight (i32.add (local.get $weight) (i32.const 2)))
        (br_if $row (i32.lt_u (local.get $weight) (local.get $last))))
      (v128.store (local.get $out) (i8x16.narrow_i16x8_u
        (i16x8.shr_u (local.get $s0) (i32.const 7)) (i16x8.shr_u (local.get $s1) (i32.const 7))))
      (v128.store offset=16 (local.get $out) (i8x16.narrow_i16x8_u
        (i16x8.shr_u (local.get $s2) (i32.const 7)) (i16x8.shr_u (local.get $s3) (i32.const 7))))
      (local.set $rows (i32.add (local.get $rows) (i32.const 32)))
      (local.set $out (i32.add (local.get $out) (i32.const 32)))
      (br_if $thirty_two (i32.lt_u (local.get $out) (local.get $end))))))
