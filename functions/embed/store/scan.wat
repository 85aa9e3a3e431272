;; Dot products of one vector with many, in integers: the inner loop of vector_scan.ts. scan.wasm is this file, assembled by
;; wabt (tests/functions/store/vector_scan_test.ts does it again and compares).
(module
  (memory (import "scan" "memory") 1)

  ;; out[i] = query . vectors[i], of int16 with int32 sums, which unit vectors of length 32767 cannot overflow.
  ;; $bytes is the length of a vector, a multiple of 16; $count a multiple of 4.
  (func (export "dots")
    (param $query i32) (param $vectors i32) (param $count i32) (param $bytes i32) (param $out i32)
    (local $end i32) (local $query_end i32) (local $q i32) (local $v0 i32) (local $v1 i32) (local $v2 i32) (local $v3 i32)
    (local $x v128) (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128)
    (local.set $end (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 2))))
    (local.set $query_end (i32.add (local.get $query) (local.get $bytes)))
    (block $done
      (loop $four
        (br_if $done (i32.ge_u (local.get $out) (local.get $end)))
        (local.set $v0 (local.get $vectors))
        (local.set $v1 (i32.add (local.get $v0) (local.get $bytes)))
        (local.set $v2 (i32.add (local.get $v1) (local.get $bytes)))
        (local.set $v3 (i32.add (local.get $v2) (local.get $bytes)))
        (local.set $vectors (i32.add (local.get $v3) (local.get $bytes)))
        (local.set $s0 (v128.const i32x4 0 0 0 0))
        (local.set $s1 (v128.const i32x4 0 0 0 0))
        (local.set $s2 (v128.const i32x4 0 0 0 0))
        (local.set $s3 (v128.const i32x4 0 0 0 0))
        (local.set $q (local.get $query))
        (loop $eight
          (local.set $x (v128.load (local.get $q)))
          (local.set $s0 (i32x4.add (local.get $s0) (i32x4.dot_i16x8_s (local.get $x) (v128.load (local.get $v0)))))
          (local.set $s1 (i32x4.add (local.get $s1) (i32x4.dot_i16x8_s (local.get $x) (v128.load (local.get $v1)))))
          (local.set $s2 (i32x4.add (local.get $s2) (i32x4.dot_i16x8_s (local.get $x) (v128.load (local.get $v2)))))
          (local.set $s3 (i32x4.add (local.get $s3) (i32x4.dot_i16x8_s (local.get $x) (v128.load (local.get $v3)))))
          (local.set $v0 (i32.add (local.get $v0) (i32.const 16)))
          (local.set $v1 (i32.add (local.get $v1) (i32.const 16)))
          (local.set $v2 (i32.add (local.get $v2) (i32.const 16)))
          (local.set $v3 (i32.add (local.get $v3) (i32.const 16)))
          (local.set $q (i32.add (local.get $q) (i32.const 16)))
          (br_if $eight (i32.lt_u (local.get $q) (local.get $query_end))))
        ;; The lanes of four sums become four numbers: two transpositions, and additions between.
        (local.set $x (i8x16.shuffle 0 1 2 3 16 17 18 19 8 9 10 11 24 25 26 27 (local.get $s0) (local.get $s1)))
        (local.set $s0 (i32x4.add (local.get $x)
          (i8x16.shuffle 4 5 6 7 20 21 22 23 12 13 14 15 28 29 30 31 (local.get $s0) (local.get $s1))))
        (local.set $x (i8x16.shuffle 0 1 2 3 16 17 18 19 8 9 10 11 24 25 26 27 (local.get $s2) (local.get $s3)))
        (local.set $s2 (i32x4.add (local.get $x)
          (i8x16.shuffle 4 5 6 7 20 21 22 23 12 13 14 15 28 29 30 31 (local.get $s2) (local.get $s3))))
        (v128.store (local.get $out) (i32x4.add
          (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $s0) (local.get $s2))
          (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $s0) (local.get $s2))))
        (local.set $out (i32.add (local.get $out) (i32.const 16)))
        (br $four)))))
