;; Functions that are added to the runtime, between numpy's 64-bit integers and the 32-bit ones
;; that its compiled code needs for sizes and indices ("narrow" ones).
;;
;; An array object holds, at these offsets: 4 its type, 8 its data, 12 the number of dimensions,
;; 16 their lengths, 28 its descriptor, 32 its flags. A descriptor holds 14 the byte order and
;; 16 the type number: 6 unsigned int, 7 long, 8 unsigned long (32 bits each), 9 long long,
;; 10 unsigned long long.
;; A reference count is at 0, and that of an immortal object is above 2^30 - 1.
(module
  (import "runtime" "PyArray_CastToType"
    (func $cast_to_type (param i32 i32 i32) (result i32)))
  (import "runtime" "PyArray_DescrFromType" (func $descr_from_type (param i32) (result i32)))
  (import "runtime" "PyArray_Scalar" (func $new_scalar (param i32 i32 i32) (result i32)))
  (import "runtime" "PyArray_NewCopy" (func $new_copy (param i32 i32) (result i32)))
  (import "runtime" "PyArray_NewLikeArray" (func $new_like (param i32 i32 i32 i32) (result i32)))
  (import "runtime" "PyArray_SetWritebackIfCopyBase"
    (func $set_writeback (param i32 i32) (result i32)))
  (import "runtime" "PyArray_CanCastArrayTo" (func $can_cast (param i32 i32 i32) (result i32)))
  (import "runtime" "PyArray_CanCastTypeTo"
    (func $can_cast_type (param i32 i32 i32) (result i32)))
  (import "runtime" "npy_casting_to_string"
    (func $casting_to_string (param i32) (result i32)))
  (import "runtime" "PyArray_FromArray" (func $from_array (param i32 i32 i32) (result i32)))
  (import "runtime" "PyArray_FromAny"
    (func $from_any (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "runtime" "PyArray_FromScalar" (func $from_scalar (param i32 i32) (result i32)))
  (import "runtime" "PyType_IsSubtype" (func $is_subtype (param i32 i32) (result i32)))
  (import "runtime" "PyTuple_Size" (func $tuple_size (param i32) (result i32)))
  (import "runtime" "PyTuple_GetItem" (func $tuple_item (param i32 i32) (result i32)))
  (import "runtime" "PyTuple_SetItem" (func $set_tuple_item (param i32 i32 i32) (result i32)))
  (import "runtime" "PyLong_FromSsize_t" (func $new_integer (param i32) (result i32)))
  (import "runtime" "PyNumber_Remainder" (func $remainder (param i32 i32) (result i32)))
  (import "runtime" "fflush" (func $flush (param i32) (result i32)))
  (import "runtime" "fclose" (func $close (param i32) (result i32)))
  (import "runtime" "PyErr_Clear" (func $clear_error))
  (import "runtime" "_Py_Dealloc" (func $dealloc (param i32)))
  (import "runtime" "memory" (memory 0))
  (import "runtime" "stack" (global $stack (mut i32)))

  (func $hold (export "hold") (param $object i32)
    (if (i32.le_s (i32.load (local.get $object)) (i32.const 0x3FFFFFFF))
      (then (i32.store (local.get $object)
                       (i32.add (i32.load (local.get $object)) (i32.const 1))))))

  (func $release (export "release") (param $object i32)
    (local $count i32)
    (local.set $count (i32.load (local.get $object)))
    (if (i32.le_s (local.get $count) (i32.const 0x3FFFFFFF))
      (then
        (i32.store (local.get $object)
                   (local.tee $count (i32.sub (local.get $count) (i32.const 1))))
        (if (i32.eqz (local.get $count)) (then (call $dealloc (local.get $object)))))))

  (func $is_array (param $object i32) (result i32)
    (local $type i32)
    (local.set $type (i32.load offset=4 (local.get $object)))
    (if (i32.eq (local.get $type) (i32.const 26443132)) (then (return (i32.const 1))))
    (call $is_subtype (local.get $type) (i32.const 26443132)))

  (func $type_number (param $array i32) (result i32)
    (i32.load offset=16 (i32.load offset=28 (local.get $array))))

  (func $count (param $array i32) (result i32)
    (local $left i32) (local $lengths i32) (local $count i32)
    (local.set $left (i32.load offset=12 (local.get $array)))
    (local.set $lengths (i32.load offset=16 (local.get $array)))
    (local.set $count (i32.const 1))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $left)))
        (local.set $count (i32.mul (local.get $count) (i32.load (local.get $lengths))))
        (local.set $lengths (i32.add (local.get $lengths) (i32.const 4)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $next)))
    (local.get $count))

  ;; Takes a reference to a result and returns one to what 64-bit numpy would have returned: an
  ;; array or scalar of long becomes one of long long, also within a tuple.
  (func $widened (export "widened") (param $result i32) (result i32)
    (local $type i32) (local $other i32) (local $place i32)
    (if (i32.eqz (local.get $result)) (then (return (i32.const 0))))
    (local.set $type (i32.load offset=4 (local.get $result)))
    (if (i32.eq (local.get $type) (i32.const 26125008))  ;; tuple
      (then
        (local.set $place (call $tuple_size (local.get $result)))
        (block $done
          (loop $next
            (br_if $done (i32.eqz (local.get $place)))
            (local.set $place (i32.sub (local.get $place) (i32.const 1)))
            (local.set $other (call $tuple_item (local.get $result) (local.get $place)))
            (call $hold (local.get $other))
            (local.set $other (call $widened (local.get $other)))
            (if (i32.eqz (local.get $other))
              (then (call $release (local.get $result)) (return (i32.const 0))))
            (drop (call $set_tuple_item
              (local.get $result) (local.get $place) (local.get $other)))
            (br $next)))
        (return (local.get $result))))
    (if (i32.eq (local.get $type) (i32.const 26435440))  ;; the scalar of long
      (then
        (global.set $stack (i32.sub (global.get $stack) (i32.const 16)))
        (i64.store (global.get $stack) (i64.load32_s offset=8 (local.get $result)))
        (local.set $place (call $descr_from_type (i32.const 9)))
        (local.set $other (call $new_scalar
          (global.get $stack) (local.get $place) (i32.const 0)))
        (call $release (local.get $place))
        (global.set $stack (i32.add (global.get $stack) (i32.const 16)))
        (call $release (local.get $result))
        (return (local.get $other))))
    (if (i32.eqz (call $is_array (local.get $result))) (then (return (local.get $result))))
    (if (i32.ne (call $type_number (local.get $result)) (i32.const 7))
      (then (return (local.get $result))))
    (local.set $other (call $cast_to_type
      (local.get $result) (call $descr_from_type (i32.const 9)) (i32.const 0)))
    (call $release (local.get $result))
    (local.get $other))

  ;; Returns an array of the narrow integers in `object`, which is one of wide integers, with a
  ;; reference of its own, or 0, without an error, where that is not possible. `mode` says what
  ;; becomes of values that do not fit:
  ;;   0  there is no array then
  ;;   1  the nearest value is taken
  ;;   2  likewise for indices, which are signed, and to which numpy can still add one
  ;;   3  no array then, and the result is signed
  ;; For the last two, unsigned integers of 32 bits are wide ones too.
  (func $narrowed (export "narrowed") (param $object i32) (param $mode i32) (result i32)
    (local $source i32) (local $result i32) (local $left i32) (local $wide i64)
    (local $from i32) (local $to i32) (local $lowest i64) (local $highest i64) (local $number i32)
    (local $signed i32) (local $bytes i32)
    (if (i32.eqz (call $is_array (local.get $object))) (then (return (i32.const 0))))
    (local.set $number (call $type_number (local.get $object)))
    (local.set $signed (i32.ge_u (local.get $mode) (i32.const 2)))
    (local.set $bytes (i32.const 8))
    (if (i32.gt_u (i32.sub (local.get $number) (i32.const 9)) (i32.const 1))
      (then
        (if (i32.eqz (local.get $signed)) (then (return (i32.const 0))))
        (if (i32.and (i32.ne (local.get $number) (i32.const 6))
                     (i32.ne (local.get $number) (i32.const 8)))
          (then (return (i32.const 0))))
        (local.set $bytes (i32.const 4))))
    (if (i32.eq (i32.load8_u offset=14 (i32.load offset=28 (local.get $object)))
                (i32.const 0x3E))  ;; big-endian
      (then (return (i32.const 0))))
    ;; Contiguous in one of the two orders, and aligned: else of a copy.
    (local.set $source (local.get $object))
    (if (i32.and
          (i32.ne (i32.and (i32.load offset=32 (local.get $object)) (i32.const 0x003))
                  (i32.const 0))
          (i32.ne (i32.and (i32.load offset=32 (local.get $object)) (i32.const 0x100))
                  (i32.const 0)))
      (then (call $hold (local.get $source)))
      (else
        (local.set $source (call $new_copy (local.get $object) (i32.const 2)))
        (if (i32.eqz (local.get $source))
          (then (call $clear_error) (return (i32.const 0))))))
    (local.set $result (call $new_like
      (local.get $source) (i32.const 2)
      (call $descr_from_type
        (select (i32.const 7) (i32.sub (local.get $number) (i32.const 2))
                (local.get $signed)))
      (i32.const 0)))
    (if (i32.eqz (local.get $result))
      (then
        (call $clear_error)
        (call $release (local.get $source))
        (return (i32.const 0))))
    (local.set $lowest (i64.const -0x80000000))
    (local.set $highest (i64.const 0x7FFFFFFF))
    (if (i32.eq (local.get $number) (i32.const 10))
      (then
        (local.set $lowest (i64.const 0))
        (if (i32.eqz (local.get $signed))
          (then (local.set $highest (i64.const 0xFFFFFFFF))))))
    (if (i32.eq (local.get $mode) (i32.const 2))
      (then (local.set $highest (i64.const 0x7FFFFFFE))))
    (local.set $left (call $count (local.get $source)))
    (local.set $from (i32.load offset=8 (local.get $source)))
    (local.set $to (i32.load offset=8 (local.get $result)))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $left)))
        (if (i32.eq (local.get $bytes) (i32.const 8))
          (then (local.set $wide (i64.load (local.get $from))))
          (else (local.set $wide (i64.load32_u (local.get $from)))))
        (if (i32.or
              (i64.lt_s (local.get $wide) (local.get $lowest))
              (i64.gt_s (local.get $wide) (local.get $highest)))
          (then
            (if (i32.or (i32.eqz (local.get $mode)) (i32.eq (local.get $mode) (i32.const 3)))
              (then
                (call $release (local.get $source))
                (call $release (local.get $result))
                (return (i32.const 0))))
            ;; An unsigned number that looks negative is above every narrow one.
            (local.set $wide
              (select
                (local.get $highest)
                (local.get $lowest)
                (i32.or
                  (i32.eq (local.get $number) (i32.const 10))
                  (i64.gt_s (local.get $wide) (local.get $highest)))))))
        (i64.store32 (local.get $to) (local.get $wide))
        (local.set $from (i32.add (local.get $from) (local.get $bytes)))
        (local.set $to (i32.add (local.get $to) (i32.const 4)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $next)))
    (call $release (local.get $source))
    (local.get $result))

  ;; How a buffer of an array was last asked for: bit 1 to be written to.
  (global $asked (mut i32) (i32.const 0))
  (func $note_flags (export "note_flags") (param $flags i32)
    (global.set $asked (local.get $flags)))

  ;; The narrow integers of `object`, as above, for whoever has just asked for a buffer of it and
  ;; found them wide. What is written to that buffer goes back to `object`, whose memory nobody
  ;; else may write to meanwhile, as soon as it is released. Before that, it may hold anything.
  (func $lent (export "lent") (param $object i32) (result i32)
    (local $result i32)
    (if (i32.and (global.get $asked) (i32.const 1))
      (then
        (local.set $result (call $narrowed (local.get $object) (i32.const 1)))
        (if (i32.eqz (local.get $result)) (then (return (i32.const 0))))
        (call $hold (local.get $object))
        (if (i32.lt_s (call $set_writeback (local.get $result) (local.get $object))
                      (i32.const 0))
          (then
            (call $clear_error)
            (call $release (local.get $result))
            (return (i32.const 0)))))
      (else
        (local.set $result (call $narrowed (local.get $object) (i32.const 0)))
        (if (local.get $result)
          (then
            (i32.store offset=32 (local.get $result)
              (i32.and (i32.load offset=32 (local.get $result)) (i32.const -0x401)))))))
    (local.get $result))

  ;; Whether an array may become one of another type: wide integers become narrow ones, where
  ;; these are asked for, if their values allow it.
  (func $can_become (export "can_become")
    (param $array i32) (param $descr i32) (param $casting i32) (result i32)
    (local $narrow i32) (local $number i32)
    (local.set $number (call $type_number (local.get $array)))
    (if (i32.and
          (i32.or (i32.eq (local.get $number) (i32.const 9))
            (i32.or (i32.eq (local.get $number) (i32.const 6))
                    (i32.eq (local.get $number) (i32.const 8))))
          (i32.and
            (i32.eq (i32.load offset=16 (local.get $descr)) (i32.const 7))
            (i32.eq (i32.and (local.get $casting) (i32.const -2)) (i32.const 2))))
      (then
        (local.set $narrow (call $narrowed (local.get $array) (i32.const 3)))
        (if (local.get $narrow)
          (then (call $release (local.get $narrow)) (return (i32.const 1))))
        (return (i32.const 0))))
    (call $can_cast (local.get $array) (local.get $descr) (local.get $casting)))

  ;; An array of indices out of any integers: one that is too large for 32 bits is too large for
  ;; any array, and must not come to be one that is not.
  (func $indices (export "indices")
    (param $array i32) (param $descr i32) (param $flags i32) (result i32)
    (local $narrow i32)
    (local.set $narrow (call $narrowed (local.get $array) (i32.const 2)))
    (if (i32.eqz (local.get $narrow))
      (then (return (call $from_array
        (local.get $array) (local.get $descr) (local.get $flags)))))
    (local.set $array
      (call $from_array (local.get $narrow) (local.get $descr) (local.get $flags)))
    (call $release (local.get $narrow))
    (local.get $array))

  ;; The same as PyArray_FromArray, for an array that is to be filled, whatever is in it now.
  (func $array_to_fill (export "array_to_fill")
    (param $array i32) (param $descr i32) (param $flags i32) (result i32)
    (if (i32.eq (call $type_number (local.get $array)) (i32.const 9))
      (then (local.set $flags (i32.or (local.get $flags) (i32.const 0x10)))))  ;; any cast
    (call $from_array (local.get $array) (local.get $descr) (local.get $flags)))

  ;; The same as PyArray_CastToType, which takes over the descriptor.
  (func $cast_indices (export "cast_indices")
    (param $array i32) (param $descr i32) (param $fortran i32) (result i32)
    (local $narrow i32)
    (local.set $narrow (call $narrowed (local.get $array) (i32.const 2)))
    (if (i32.eqz (local.get $narrow))
      (then (return (call $cast_to_type
        (local.get $array) (local.get $descr) (local.get $fortran)))))
    (call $release (local.get $descr))
    (local.get $narrow))

  ;; A scalar of wide integers as an array without dimensions, or 0 for anything else: when an
  ;; array of another type is made of a scalar, nobody looks whether the number fits.
  (func $array_of_scalar (param $object i32) (result i32)
    (local $descr i32) (local $number i32)
    (local.set $number (i32.const 9))
    (loop $next
      (local.set $descr (call $descr_from_type (local.get $number)))
      (call $release (local.get $descr))
      (if (i32.eq (i32.load offset=8 (local.get $descr))
                  (i32.load offset=4 (local.get $object)))
        (then (return (call $from_scalar (local.get $object) (i32.const 0)))))
      (local.set $number (i32.add (local.get $number) (i32.const 1)))
      (br_if $next (i32.eq (local.get $number) (i32.const 10))))
    (i32.const 0))

  ;; The same as PyArray_FromAny, which takes over the descriptor, but for such scalars.
  (func $array_of_any (export "array_of_any")
    (param $object i32) (param $descr i32) (param $least i32) (param $most i32) (param $flags i32)
    (param $context i32) (result i32)
    (local $scalar i32) (local $result i32)
    (local.set $scalar (call $array_of_scalar (local.get $object)))
    (local.set $result (call $from_any
      (select (local.get $scalar) (local.get $object) (local.get $scalar))
      (local.get $descr) (local.get $least) (local.get $most) (local.get $flags)
      (local.get $context)))
    (if (local.get $scalar) (then (call $release (local.get $scalar))))
    (local.get $result))

  ;; The same with numbers that are too large cut to the largest one.
  (func $indices_of_any (export "indices_of_any")
    (param $object i32) (param $descr i32) (param $least i32) (param $most i32) (param $flags i32)
    (param $context i32) (result i32)
    (local $scalar i32) (local $narrow i32) (local $result i32)
    (local.set $scalar (call $array_of_scalar (local.get $object)))
    (if (local.get $scalar) (then (local.set $object (local.get $scalar))))
    (if (local.get $descr)
      (then
        (if (i32.eq (i32.load offset=16 (local.get $descr)) (i32.const 7))
          (then (local.set $narrow (call $narrowed (local.get $object) (i32.const 2)))))))
    (local.set $result (call $from_any
      (select (local.get $narrow) (local.get $object) (local.get $narrow))
      (local.get $descr) (local.get $least) (local.get $most) (local.get $flags)
      (local.get $context)))
    (if (local.get $narrow) (then (call $release (local.get $narrow))))
    (if (local.get $scalar) (then (call $release (local.get $scalar))))
    (local.get $result))

  ;; The same for what is taken of an array along an axis: mode 1 takes indices modulo its length.
  (func $indices_to_take (export "indices_to_take")
    (param $object i32) (param $descr i32) (param $least i32) (param $most i32) (param $flags i32)
    (param $context i32) (param $mode i32) (param $array i32) (param $axis i32) (result i32)
    (local $scalar i32) (local $length i32) (local $modulus i32) (local $wrapped i32)
    (local $result i32)
    (local.set $length
      (i32.load (i32.add (i32.load offset=16 (local.get $array))
                         (i32.shl (local.get $axis) (i32.const 2)))))
    (local.set $scalar (call $array_of_scalar (local.get $object)))
    (if (local.get $scalar) (then (local.set $object (local.get $scalar))))
    (if (i32.and
          (i32.and (i32.eq (local.get $mode) (i32.const 1)) (i32.ne (local.get $length) (i32.const 0)))
          (call $is_array (local.get $object)))
      (then
        (if (i32.lt_u (i32.sub (call $type_number (local.get $object)) (i32.const 9))
                      (i32.const 2))
          (then
            (local.set $modulus (call $new_integer (local.get $length)))
            (local.set $wrapped (call $remainder (local.get $object) (local.get $modulus)))
            (call $release (local.get $modulus))
            (if (i32.eqz (local.get $wrapped)) (then (call $clear_error)))))))
    (local.set $result (call $indices_of_any
      (select (local.get $wrapped) (local.get $object) (local.get $wrapped))
      (local.get $descr) (local.get $least) (local.get $most) (local.get $flags)
      (local.get $context)))
    (if (local.get $wrapped) (then (call $release (local.get $wrapped))))
    (if (local.get $scalar) (then (call $release (local.get $scalar))))
    (local.get $result))

  ;; The product, and the sum, of two lengths; negative if no array is as long.
  (func $product (export "product") (param $one i32) (param $other i32) (result i32)
    (call $length (i64.mul (i64.extend_i32_s (local.get $one))
                           (i64.extend_i32_s (local.get $other)))))

  (func $sum (export "sum") (param $one i32) (param $other i32) (result i32)
    (if (i32.lt_s (local.get $other) (i32.const 0)) (then (return (local.get $other))))
    (call $length (i64.add (i64.extend_i32_s (local.get $one))
                           (i64.extend_i32_s (local.get $other)))))

  (func $length (param $wide i64) (result i32)
    (select (i32.const -1) (i32.wrap_i64 (local.get $wide))
            (i64.gt_u (local.get $wide) (i64.const 0x7FFFFFFF))))

  ;; Takes a reference to an array of indices, or 0, and returns one to the narrow ones.
  (func $narrow_indices (export "narrow_indices") (param $array i32) (result i32)
    (local $narrow i32)
    (if (i32.eqz (local.get $array)) (then (return (i32.const 0))))
    (local.set $narrow (call $narrowed (local.get $array) (i32.const 2)))
    (if (i32.eqz (local.get $narrow)) (then (return (local.get $array))))
    (call $release (local.get $array))
    (local.get $narrow))

  ;; Makes the index arrays narrow among the parts of an index: 12 bytes each, at 0 the object,
  ;; at 8 its kind, with bit 16 for an array. `result` is negative after an error.
  (func $narrow_parts (export "narrow_parts")
    (param $result i32) (param $part i32) (param $count i32) (result i32)
    (local $left i32)
    (if (i32.lt_s (local.get $result) (i32.const 0)) (then (return (local.get $result))))
    (local.set $left (i32.load (local.get $count)))
    (block $done
      (loop $next
        (br_if $done (i32.le_s (local.get $left) (i32.const 0)))
        (if (i32.and (i32.load offset=8 (local.get $part)) (i32.const 16))
          (then (i32.store (local.get $part)
                  (call $narrow_indices (i32.load (local.get $part))))))
        (local.set $part (i32.add (local.get $part) (i32.const 12)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $next)))
    (local.get $result))

  ;; The rule by which operands enter the loops of a ufunc: 2 safely, or 100: so, or as narrow
  ;; integers where they are wide ones, if the ufunc has no loop for these. Its types are at 44,
  ;; 16 of them for each of 32 loops.
  (func $entering (export "entering") (param $ufunc i32) (param $casting i32) (result i32)
    (local $type i32) (local $left i32)
    (if (i32.ne (local.get $casting) (i32.const 2)) (then (return (local.get $casting))))
    (local.set $type (i32.load offset=44 (local.get $ufunc)))
    (local.set $left (i32.mul (i32.load offset=16 (local.get $ufunc))
                              (i32.load offset=32 (local.get $ufunc))))
    (block $done
      (loop $next
        (br_if $done (i32.le_s (local.get $left) (i32.const 0)))
        (if (i32.eq (i32.load8_u (local.get $type)) (i32.const 9))
          (then (return (local.get $casting))))
        (local.set $type (i32.add (local.get $type) (i32.const 1)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $next)))
    (i32.const 100))

  (func $stated (export "stated") (param $casting i32) (result i32)
    (call $casting_to_string
      (select (i32.const 2) (local.get $casting)
              (i32.eq (local.get $casting) (i32.const 100)))))

  (func $may_enter (param $from i32) (param $to i32) (result i32)
    (i32.or
      (i32.and (i32.eq (local.get $from) (i32.const 9)) (i32.eq (local.get $to) (i32.const 7)))
      (i32.and (i32.eq (local.get $from) (i32.const 10))
               (i32.eq (local.get $to) (i32.const 8)))))

  (func $array_enters (export "array_enters")
    (param $array i32) (param $descr i32) (param $casting i32) (result i32)
    (if (i32.ne (local.get $casting) (i32.const 100))
      (then (return (call $can_cast
        (local.get $array) (local.get $descr) (local.get $casting)))))
    (if (call $may_enter (call $type_number (local.get $array))
                         (i32.load offset=16 (local.get $descr)))
      (then (return (i32.const 1))))
    (call $can_cast (local.get $array) (local.get $descr) (i32.const 2)))

  (func $type_enters (export "type_enters")
    (param $from i32) (param $to i32) (param $casting i32) (result i32)
    (if (i32.ne (local.get $casting) (i32.const 100))
      (then (return (call $can_cast_type
        (local.get $from) (local.get $to) (local.get $casting)))))
    (if (call $may_enter (i32.load offset=16 (local.get $from))
                         (i32.load offset=16 (local.get $to)))
      (then (return (i32.const 1))))
    (call $can_cast_type (local.get $from) (local.get $to) (i32.const 2)))

  (func $same (export "same") (param $object i32) (result i32)
    (call $hold (local.get $object))
    (local.get $object))

  ;; The descriptor of a letter, as PyArray_DescrFromType, which also takes type numbers. Of the
  ;; two types of 32 bits, int and long, the one that is named int32 is meant by "i" too.
  (func $lettered (export "lettered") (param $letter i32) (result i32)
    (if (i32.or (i32.eq (local.get $letter) (i32.const 0x6C))  ;; l
          (i32.or (i32.eq (local.get $letter) (i32.const 0x6E))  ;; n
                  (i32.eq (local.get $letter) (i32.const 0x70))))  ;; p
      (then (local.set $letter (i32.const 9))))
    (if (i32.or (i32.eq (local.get $letter) (i32.const 0x4C))
          (i32.or (i32.eq (local.get $letter) (i32.const 0x4E))
                  (i32.eq (local.get $letter) (i32.const 0x50))))
      (then (local.set $letter (i32.const 10))))
    (if (i32.eq (local.get $letter) (i32.const 0x69)) (then (local.set $letter (i32.const 7))))
    (if (i32.eq (local.get $letter) (i32.const 0x49)) (then (local.set $letter (i32.const 8))))
    (call $descr_from_type (local.get $letter)))

  ;; Gives the descriptors of 32 and of 64 bits the letters, at 13, and the scalar types of int
  ;; the names, at 12, that they have on a 64-bit machine.
  (func $rename (export "rename")
    (i32.store8 offset=13 (i32.const 26424592) (i32.const 0x69))
    (i32.store8 offset=13 (i32.const 26424664) (i32.const 0x49))
    (i32.store8 offset=13 (i32.const 26424736) (i32.const 0x6C))
    (i32.store8 offset=13 (i32.const 26424808) (i32.const 0x4C))
    (i32.store offset=12 (i32.const 26435228) (i32.load offset=12 (i32.const 26435440)))
    (i32.store offset=12 (i32.const 26436288) (i32.load offset=12 (i32.const 26436500))))

  ;; Stands for os.dup(descriptor): gives the descriptor itself.
  (func $lent_descriptor (export "lent_descriptor")
    (param $os i32) (param $dup i32) (param $format i32) (param $arguments i32) (result i32)
    (call $new_integer (i32.load (local.get $arguments))))

  ;; Closes a file of C that has its descriptor, at 56, from elsewhere: that stays open.
  (func $close_lent (export "close_lent") (param $file i32) (result i32)
    (local $flushed i32)
    (local.set $flushed (call $flush (local.get $file)))
    (i32.store offset=56 (local.get $file) (i32.const -1))
    (drop (call $close (local.get $file)))
    (local.get $flushed))
)
